import { expect, test } from 'vitest';
import type { Digest } from '../../src/base/ids.ts';
import { expectedCost } from '../../src/merge/expected-cost.ts';
import type { ComputeAction } from '../../src/merge/plan.ts';
import type { ManifestTensor } from '../../src/store/manifest/manifest.ts';
import { computingMethod } from '../testkit/merge-task.ts';

/** A merge of a BF16 matrix of 2048 rows and columns from two models and a base. */
function action(name: string): ComputeAction {
  const method = computingMethod(name);
  const length = 2 * 2048 * 2048;
  const extent = { digest: '1'.repeat(64) as Digest, offset: 0, length, role: 'tensor' as const };
  const tensor = { name: 'w', dtype: 'BF16', shape: [2048, 2048], extent } as unknown as ManifestTensor;
  return {
    kind: 'compute',
    name: 'w',
    method,
    parameters: {},
    base: tensor,
    models: [0, 1],
    tensors: [tensor, tensor],
  };
}

test('a method that holds whole matrices needs the memory of four of F64 more', () => {
  const [without, withMatrices] = ['model_stock', 'iso_c'].map(
    name => expectedCost([action(name)]).bufferBytes,
  );
  expect((withMatrices ?? 0) - (without ?? 0)).toBe(4 * 8 * 2048 * 2048);
});
