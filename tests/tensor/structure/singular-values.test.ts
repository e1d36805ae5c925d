import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import { createDecomposable, decompose } from '../../../src/tensor/structure/singular-values.ts';

const kernels = await loadKernels();

/** Singular values and vectors of a matrix, as plain numbers. */
async function decomposed(rows: readonly (readonly number[])[], signal?: AbortSignal) {
  using matrix = createDecomposable(kernels, rows.length, rows[0]?.length ?? 0);
  for (const [at, row] of rows.entries()) matrix.long.row(at).set(row);
  const values = await decompose(matrix, { kernels, signal });
  const vectors = (side: 'long' | 'short') => rows.map((_, at) => Array.from(matrix[side].row(at)));
  return { values: Array.from(values), long: vectors('long'), short: vectors('short') };
}

const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);

const matrices = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.nat(6)).chain(([rows, more]) =>
  fc.array(
    fc.array(
      fc.integer({ min: -2000, max: 2000 }).map(value => value / 1000),
      { minLength: rows + more, maxLength: rows + more },
    ),
    { minLength: rows, maxLength: rows },
  ),
);

test('values and vectors give the matrix back, and vectors are orthonormal', async () => {
  await fc.assert(
    fc.asyncProperty(matrices, async rows => {
      const { values, long, short } = await decomposed(rows);
      const size = Math.sqrt(dot(rows.flat(), rows.flat()));
      for (const [i, row] of rows.entries())
        for (const [j, element] of row.entries()) {
          const sum = values.reduce(
            (total, value, at) => total + value * (short[at]?.[i] ?? 0) * (long[at]?.[j] ?? 0),
            0,
          );
          expect(Math.abs(sum - element)).toBeLessThanOrEqual(2 ** -38 * size);
        }
      for (const [i, value] of values.entries())
        for (const [j, other] of values.entries()) {
          const wanted = i === j ? 1 : 0;
          expect(Math.abs(dot(short[i] ?? [], short[j] ?? []) - wanted)).toBeLessThan(2 ** -44);
          if (value > 0 && other > 0)
            expect(Math.abs(dot(long[i] ?? [], long[j] ?? []) - wanted)).toBeLessThan(2 ** -44);
        }
    }),
    { numRuns: 100 },
  );
});

/** I - 2 v v^T / (v^T v): orthogonal. */
function reflection(vector: readonly number[]): readonly (readonly number[])[] {
  const square = dot(vector, vector);
  return vector.map((x, i) => vector.map((y, j) => (i === j ? 1 : 0) - (2 * x * y) / square));
}

test('small singular values are as accurate as large ones allow, and noise is none', async () => {
  const wanted = [3, 1, 1e-3, 1e-6, 1e-9, 0];
  const [left, right] = [reflection([1, 2, -1, 3, 0.5, -2]), reflection([2, -1, 1, 1, -3, 0.25, 1])] as const;
  const rows = left.map(row =>
    right.map((_, j) =>
      wanted.reduce((sum, value, at) => sum + (row[at] ?? 0) * value * (right[at]?.[j] ?? 0), 0),
    ),
  );
  const values = (await decomposed(rows)).values.sort((one, other) => other - one);
  for (const [at, value] of values.entries())
    expect(Math.abs(value - (wanted[at] ?? 0))).toBeLessThanOrEqual(1e-15);
  expect(values.at(-1)).toBe(0);
});

test('a decomposition can be stopped', async () => {
  await expect(decomposed([[1, 2]], AbortSignal.abort())).rejects.toThrow(/abort/);
});
