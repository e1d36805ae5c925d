import { expect, test } from 'vitest';
import { factorize } from '../../../src/tensor/structure/factorize.ts';
import type { MatrixBlock } from '../../../src/tensor/structure/matrix-block.ts';
import { sampleStructure } from '../../../src/tensor/structure/sample-structure.ts';
import { symmetricEigen } from '../../../src/tensor/structure/symmetric-eigen.ts';
import { weights } from '../../testkit/stores.ts';

const [ROWS, COLUMNS, RANK] = [120, 90, 5];
const BASE = weights(ROWS * COLUMNS, 1);
const [LEFT, RIGHT] = [weights(ROWS * RANK, 2, 0.1), weights(RANK * COLUMNS, 3, 0.1)];

function product(left: Float32Array, right: Float32Array, rank: number): Float64Array {
  return Float64Array.from({ length: ROWS * COLUMNS }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += (left[Math.floor(at / COLUMNS) * rank + k] ?? 0) * (right[k * COLUMNS + (at % COLUMNS)] ?? 0);
    return sum;
  });
}

const PRODUCT = product(LEFT, RIGHT, RANK);
const TUNED = BASE.map((value, at) => value + (PRODUCT[at] ?? 0));

/** In blocks of 50 rows. */
async function* blocks(tuned: Float32Array): AsyncGenerator<MatrixBlock> {
  for (let firstRow = 0; firstRow < ROWS; firstRow += 50) {
    const rows = Math.min(50, ROWS - firstRow);
    const part = (from: Float32Array) => from.subarray(firstRow * COLUMNS, (firstRow + rows) * COLUMNS);
    yield { firstRow, rows, columns: COLUMNS, tuned: part(tuned), base: part(BASE) };
  }
}

test('factors of the rank that is there give the difference to about the noise, the same each time', async () => {
  const noise = 2e-17; // Of rounding numbers around 0.1 to F32.
  const task = { rows: ROWS, columns: COLUMNS, rank: 7, noise };
  const found = await factorize(() => blocks(TUNED), task);
  expect(found?.rank).toBe(RANK);
  const again = product(found?.left ?? LEFT, found?.right ?? RIGHT, RANK);
  const off = Math.max(...TUNED.map((value, at) => Math.abs(value - (BASE[at] ?? 0) - (again[at] ?? 0))));
  expect(off).toBeLessThan(4e-8);
  expect(await factorize(() => blocks(TUNED), task)).toEqual(found);
  expect(await factorize(() => blocks(BASE), task)).toBeUndefined();
});

test('a sample tells few dimensions, a ratio along an axis, dense changes and rounding apart', () => {
  const whole = (tuned: Float32Array): MatrixBlock => ({
    firstRow: 0,
    rows: ROWS,
    columns: COLUMNS,
    tuned,
    base: BASE,
  });
  const look = (tuned: Float32Array) => sampleStructure(whole(tuned), { dtype: 'F32', rowsAtMost: 64 });
  expect(look(TUNED)).toMatchObject({ type: 'low-rank', rank: RANK });
  expect(look(BASE.map((value, at) => value * (1.1 + (at % COLUMNS) / 50)))).toEqual({
    type: 'scaling',
    axis: 'columns',
  });
  expect(look(BASE.map((value, at) => value * (1.1 + Math.floor(at / COLUMNS) / 50)))).toEqual({
    type: 'scaling',
    axis: 'rows',
  });
  const dense = weights(BASE.length, 9, 1e-3);
  expect(look(BASE.map((value, at) => value + (dense[at] ?? 0)))).toBeUndefined();
  expect(look(BASE.map(value => value * (1 + 2 ** -24)))).toBeUndefined();
  expect(look(BASE)).toBeUndefined();
});

test('eigenpairs satisfy their equation, the largest first', () => {
  const matrix = Float64Array.of(4, 1, 0, 1, 3, -1, 0, -1, 2);
  const pairs = symmetricEigen(matrix, 3);
  expect(pairs.map(({ value }) => value)).toEqual(pairs.map(({ value }) => value).sort((a, b) => b - a));
  for (const { value, vector } of pairs)
    for (let row = 0; row < 3; row++) {
      const sum = [0, 1, 2].reduce((s, k) => s + (matrix[row * 3 + k] ?? 0) * (vector[k] ?? 0), 0);
      expect(sum).toBeCloseTo(value * (vector[row] ?? 0), 12);
    }
});
