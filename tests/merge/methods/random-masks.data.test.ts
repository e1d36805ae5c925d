import { describe, expect, test } from 'vitest';
import { rescaleDropped } from '../../../src/merge/task-vectors/drop-at-random.ts';
import { mergeTaskVectors } from '../../../src/merge/task-vectors/merge-task-vectors.ts';
import type { Sparsify } from '../../../src/merge/task-vectors/sparsity.ts';
import { elementCount } from '../../../src/tensor/dtype.ts';
import { expectClose, expectSameBits } from '../../testkit/golden/golden-expectations.ts';
import {
  type GoldenCase,
  goldenCases,
  goldenMerge,
  goldenTensor,
} from '../../testkit/golden/golden-merges.ts';
import { methodTask } from '../../testkit/merge-task.ts';

const RANDOM = ['dare_linear', 'dare_ties', 'della_linear', 'della'];

/** Keeps the elements that mergekit drew; of a model with a density of 1 it drew none. */
function drawnByMergekit({ masksFile = '', models, parameters }: GoldenCase, name: string): Sparsify {
  return async (task, vectors) => {
    const { density } = parameters as { readonly density: Readonly<Record<string, number>> };
    const masks = models.map(model =>
      density[model] === 1 ? undefined : goldenTensor(masksFile, `${model}/${name}`).bytes,
    );
    return rescaleDropped(task, vectors, {
      begin: () => {},
      apply: ({ start, count }) => {
        for (const [model, { bytes }] of vectors.registers.entries()) {
          const floats = new Float32Array(bytes.buffer, bytes.byteOffset, count);
          for (const i of floats.keys()) if (masks[model]?.[start + i] === 0) floats[i] = 0;
        }
      },
      [Symbol.dispose]: () => {},
    });
  };
}

async function mergedWithMasks(golden: GoldenCase, name: string, numerics: string): Promise<Uint8Array> {
  const task = methodTask(goldenMerge(golden, name, numerics));
  const election = golden.method.endsWith('linear') ? 'none' : 'weighted';
  const slices: Uint8Array[] = [];
  for await (const slice of mergeTaskVectors(task, { sparsify: drawnByMergekit(golden, name), election }))
    slices.push(slice.slice());
  expect(elementCount(task.shape)).toBeGreaterThan(0);
  return Buffer.concat(slices);
}

describe.each(goldenCases().filter(({ method }) => RANDOM.includes(method)))('$id', golden => {
  test('with the masks that mergekit drew, numerics: mergekit gives its result', async () => {
    for (const name of golden.tensors) {
      const merged = await mergedWithMasks(golden, name, 'mergekit');
      if (golden.exact) expectSameBits(golden, name, merged);
      else expectClose(golden, name, merged);
    }
  });

  test('with the masks that mergekit drew, the default is as close as exact arithmetic is', async () => {
    for (const name of golden.tensors) expectClose(golden, name, await mergedWithMasks(golden, name, 'mgit'));
  });
});
