import { expect, test } from 'vitest';
import { recompressed } from '../../../src/merge/adapters/decompose-product.ts';
import { knots } from '../../../src/merge/adapters/knots.ts';
import { averagedFactors, concatenated, type Product } from '../../../src/merge/adapters/product.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

const [ROWS, COLUMNS] = [9, 13];

function product(rank: number, seed: number): Product {
  const left = Float64Array.from(plainNumbers(ROWS * rank, seed));
  const right = Float64Array.from(plainNumbers(rank * COLUMNS, seed + 1));
  return { rows: ROWS, columns: COLUMNS, rank, left, right };
}

/** The whole matrix. */
function matrix({ rows, columns, rank, left, right }: Product): readonly number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += (left[row * rank + k] ?? 0) * (right[k * columns + column] ?? 0);
    return sum;
  });
}

function expectClose(found: readonly number[], wanted: readonly number[], digits = 9): void {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries()) expect(found[at]).toBeCloseTo(value, digits);
}

const FACTORS = [0.5, -2, 1.25];
const PRODUCTS = [product(2, 10), product(3, 20), product(1, 30)];
const SUM = matrix(PRODUCTS[0] as Product).map((_, at) =>
  PRODUCTS.reduce((sum, one, index) => sum + (FACTORS[index] ?? 0) * (matrix(one)[at] ?? 0), 0),
);
const square = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);

test('concatenated factors are the exact sum, of any ranks', () => {
  const all = concatenated(PRODUCTS, FACTORS);
  expect(all.rank).toBe(6);
  expectClose(matrix(all), SUM, 12);
});

test('recompressing to the full rank loses nothing, to a smaller one what the singular values say', () => {
  const all = concatenated(PRODUCTS, FACTORS);
  const whole = recompressed(all, 6);
  expect(whole.lost).toBe(0);
  expectClose(matrix(whole.product), SUM);
  const small = recompressed(all, 2);
  expect(small.product.rank).toBe(2);
  const lacking = square(SUM.map((value, at) => value - (matrix(small.product)[at] ?? 0)));
  expect(small.lost).toBeCloseTo(lacking / square(SUM), 9);
  // The nearest matrix: its rest is orthogonal to it.
  const inner = SUM.reduce(
    (sum, value, at) => sum + (value - (matrix(small.product)[at] ?? 0)) * (matrix(small.product)[at] ?? 0),
    0,
  );
  expect(inner).toBeCloseTo(0, 7);
});

test('factors that depend on each other are recompressed to fewer', () => {
  const one = product(2, 10);
  const twice = recompressed(concatenated([one, one], [1, 1]), 4);
  expect(twice.product.rank).toBe(2);
  expectClose(
    matrix(twice.product),
    matrix(one).map(value => 2 * value),
  );
});

test('averaged factors are those of each side', () => {
  const [one, other] = [product(2, 10), product(2, 40)];
  const { left, right } = averagedFactors([one, other], [0.25, 0.75]);
  expectClose(
    [...left],
    [...one.left].map((value, at) => 0.25 * value + 0.75 * (other.left[at] ?? 0)),
    12,
  );
  expectClose(
    [...right],
    [...one.right].map((value, at) => 0.25 * value + 0.75 * (other.right[at] ?? 0)),
    12,
  );
});

/** KnOTS by whole matrices: the left singular vectors of all changes side by side, by power iterations with deflation. */
function knotsReference(
  changes: readonly (readonly number[])[],
  rank: number,
  density: number,
): readonly number[] {
  const gram = (row: number, other: number): number =>
    changes.reduce((sum, change) => {
      let part = 0;
      for (let k = 0; k < COLUMNS; k++)
        part += (change[row * COLUMNS + k] ?? 0) * (change[other * COLUMNS + k] ?? 0);
      return sum + part;
    }, 0);
  const range = Array.from({ length: ROWS }, (_, at) => at);
  let square = range.map(row => range.map(other => gram(row, other)));
  const directions: { vector: number[]; value: number }[] = [];
  for (let k = 0; k < rank; k++) {
    let vector = range.map(row => 1 + row / 7);
    for (let round = 0; round < 4000; round++) {
      const next = range.map(row =>
        range.reduce((sum, other) => sum + (square[row]?.[other] ?? 0) * (vector[other] ?? 0), 0),
      );
      const length = Math.hypot(...next);
      vector = next.map(value => value / length);
    }
    const value = range.reduce(
      (sum, row) =>
        sum +
        (vector[row] ?? 0) *
          range.reduce((part, other) => part + (square[row]?.[other] ?? 0) * (vector[other] ?? 0), 0),
      0,
    );
    directions.push({ vector, value });
    const own = vector;
    square = square.map((line, row) =>
      line.map((entry, other) => entry - value * (own[row] ?? 0) * (own[other] ?? 0)),
    );
  }
  const aligned = changes.map(change => {
    const rows = directions.flatMap(({ vector, value }) =>
      Array.from(
        { length: COLUMNS },
        (_, column) =>
          range.reduce((sum, row) => sum + (vector[row] ?? 0) * (change[row * COLUMNS + column] ?? 0), 0) /
          Math.sqrt(value),
      ),
    );
    const count = Math.trunc(density * rows.length);
    const least = rows.map(Math.abs).sort((a, b) => b - a)[count - 1] ?? 0;
    return rows.map(value => (Math.abs(value) >= least ? value : 0));
  });
  const merged = (aligned[0] ?? []).map((_, at) => {
    const values = aligned.map(rows => rows[at] ?? 0);
    const sign = Math.sign(values.reduce((sum, value) => sum + value, 0));
    const agreeing = values.filter(value => value !== 0 && Math.sign(value) === sign);
    return agreeing.length === 0 ? 0 : agreeing.reduce((sum, value) => sum + value, 0) / agreeing.length;
  });
  return range.flatMap(row =>
    Array.from({ length: COLUMNS }, (_, column) =>
      directions.reduce(
        (sum, { vector, value }, k) =>
          sum + (vector[row] ?? 0) * Math.sqrt(value) * (merged[k * COLUMNS + column] ?? 0),
        0,
      ),
    ),
  );
}

test.each([1, 0.5])('KnOTS with a density of %d is that of whole matrices', density => {
  const products = [product(2, 10), product(1, 20)];
  const weights = [1, 1.5];
  const found = knots(products, { weights, density, lambda: 0.7 });
  const changes = products.map((one, at) => matrix(one).map(value => (weights[at] ?? 0) * value));
  expectClose(
    matrix(found),
    knotsReference(changes, 3, density).map(value => 0.7 * value),
    6,
  );
});

test('KnOTS of one change is that change', () => {
  const one = product(3, 10);
  expectClose(matrix(knots([one], { weights: [1], density: 1, lambda: 1 })), matrix(one));
});
