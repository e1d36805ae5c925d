import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import { createMatrix } from '../../../src/tensor/structure/matrix.ts';
import { toPolarFactor } from '../../../src/tensor/structure/polar-factor.ts';

const kernels = await loadKernels();

async function polarOf(rows: readonly (readonly number[])[]): Promise<readonly (readonly number[])[]> {
  using matrix = createMatrix(kernels, rows.length, rows[0]?.length ?? 0);
  for (const [at, row] of rows.entries()) matrix.row(at).set(row);
  await toPolarFactor(matrix, { kernels });
  return rows.map((_, at) => Array.from(matrix.row(at)));
}

const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);

/** Rows with a large diagonal are far from depending on each other. */
const matrices = fc
  .array(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 5,
  })
  .map(rows => rows.map((row, i) => row.map((value, j) => value / 100 + (i === j ? 8 : 0))));

test('the rows become orthonormal, and what takes them back is symmetric', async () => {
  await fc.assert(
    fc.asyncProperty(matrices, async rows => {
      const polar = await polarOf(rows);
      for (const [i, row] of polar.entries())
        for (const [j, other] of polar.entries()) {
          expect(dot(row, other)).toBeCloseTo(i === j ? 1 : 0, 12);
          expect(dot(rows[i] ?? [], other)).toBeCloseTo(dot(rows[j] ?? [], row), 11);
        }
    }),
    { numRuns: 40 },
  );
});

test('equal rows share one direction, and none is made up', async () => {
  const polar = await polarOf([
    [3, 4],
    [3, 4],
  ]);
  for (const row of polar)
    for (const [at, value] of [0.6, 0.8].entries()) expect(row[at]).toBeCloseTo(value / Math.SQRT2, 14);
});
