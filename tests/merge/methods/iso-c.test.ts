import { expect, test } from 'vitest';
import { decodeElements, encodeElements } from '../../testkit/float-elements.ts';
import { matrixOf, singularTriples } from '../../testkit/merge-references/singular-values.ts';
import { mergeInMemory } from '../../testkit/merge-task.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

const encode = (values: readonly number[]): Uint8Array => encodeElements('F64', values);

test.each([
  ['wide', [5, 9]],
  ['tall', [9, 5]],
  ['convolution', [4, 2, 3, 3]],
])('the change of a %s matrix has one singular value, the mean', async (_, shape) => {
  const count = shape.reduce((product, size) => product * size, 1);
  const models = [1, 2, 3].map(seed => plainNumbers(count, seed));
  const base = encode(new Array<number>(count).fill(0));
  const merged = await mergeInMemory({
    method: 'iso_c',
    dtype: 'F64',
    shape,
    base,
    models: models.map(encode),
    parameters: { lambda: 0.5 },
  });
  const sum =
    models[0]?.map((_value, at) => models.reduce((total, model) => total + (model[at] ?? 0), 0)) ?? [];
  const before = singularTriples(matrixOf(sum, shape));
  const mean = before.reduce((total, { value }) => total + value, 0) / before.length;
  const after = singularTriples(matrixOf(decodeElements('F64', merged), shape));
  expect(after).toHaveLength(before.length);
  for (const { value } of after) expect(value / (0.5 * mean)).toBeCloseTo(1, 12);
});

test('directions that no change has get none, and none get a change where there is none', async () => {
  const base = encode([0, 0, 0, 0]);
  const merge = (model: readonly number[]) =>
    mergeInMemory({ method: 'iso_c', dtype: 'F64', shape: [2, 2], base, models: [encode(model)] });
  expect(decodeElements('F64', await merge([3, 0, 0, 0]))).toEqual([1.5, 0, 0, 0]);
  expect(decodeElements('F64', await merge([0, 0, 0, 0]))).toEqual([0, 0, 0, 0]);
});

test.each([[[4097, 4097]], [[2, 2 ** 26]]])(
  'a matrix of %j is refused before anything is read',
  async shape => {
    const merging = mergeInMemory({
      method: 'iso_c',
      dtype: 'F32',
      shape,
      base: encode([]),
      models: [encode([])],
    });
    await expect(merging).rejects.toMatchObject({ code: 'MERGE_MATRIX_TOO_LARGE' });
  },
);
