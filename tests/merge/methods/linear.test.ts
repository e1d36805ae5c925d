import { expect, test } from 'vitest';
import type { Dtype } from '../../../src/tensor/dtype.ts';
import { decodeElements as decode, encodeElements as encode } from '../../testkit/float-elements.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';

test('equal models stay what they are under equal weights', async () => {
  const values = [0, -0, 1.5, -3.25, 2 ** -140, 3e38];
  const bytes = encode('F32', values);
  const merged = await mergeInMemory({ method: 'linear', dtype: 'F32', shape: [6], models: [bytes, bytes] });
  expect(new Uint8Array(merged)).toEqual(bytes);
});

test('an overflow becomes infinity, and what is no number becomes the canonical NaN', async () => {
  const merge = (models: readonly Uint8Array[], weight: number[]) =>
    mergeInMemory({
      method: 'linear',
      dtype: 'F32',
      shape: [1],
      models,
      parameters: { weight, normalize: false },
    });
  const large = encode('F32', [3e38]);
  expect(decode('F32', await merge([large, large], [1, 1]))).toEqual([Infinity]);
  const nan = Buffer.from(await merge([large, large], [3, -3])).readUInt32LE();
  expect(nan.toString(16)).toBe('7fc00000');
});

test('weights that cancel out are refused where they divide', async () => {
  const models = [encode('F32', [1]), encode('F32', [2])];
  const merge = { dtype: 'F32' as Dtype, shape: [1], models, parameters: { weight: [1, -1] } };
  await expect(mergeInMemory({ ...merge, method: 'linear' })).rejects.toMatchObject({
    code: 'MERGE_PARAMETER_INVALID',
  });
});
