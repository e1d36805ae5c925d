import { elementCount } from '../../../src/tensor/dtype.ts';
import { symmetricEigen } from '../../../src/tensor/structure/symmetric-eigen.ts';

/** Rows of numbers. */
export type Dense = readonly (readonly number[])[];

/** A singular value and its vectors. */
export interface Triple {
  readonly value: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** A tensor as a matrix with one row for each index of the first dimension. */
export function matrixOf(values: readonly number[], shape: readonly number[]): Dense {
  const [rows = 1] = shape;
  const columns = elementCount(shape) / rows;
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/**
 * The singular values that are no rounding noise, the largest first: the positive eigenvalues of [[0, A], [A^T, 0]], whose eigenvectors
 * are (u, v) / sqrt 2. Noise is measured against a norm, unless given that of the matrix. Source: Golub and Van Loan, 8.6.
 */
export function singularTriples(matrix: Dense, norm = normOf(matrix)): readonly Triple[] {
  const [rows, columns] = [matrix.length, matrix[0]?.length ?? 0];
  const size = rows + columns;
  const both = new Float64Array(size * size);
  for (const [i, row] of matrix.entries())
    for (const [j, value] of row.entries()) {
      both[i * size + rows + j] = value;
      both[(rows + j) * size + i] = value;
    }
  const least = 2 ** -40 * norm;
  return symmetricEigen(both, size)
    .filter(({ value }) => value > least)
    .map(({ value, vector }) => {
      const scaled = Array.from(vector, element => element * Math.SQRT2);
      return { value, left: scaled.slice(0, rows), right: scaled.slice(rows) };
    });
}

/** The Frobenius norm. */
export function normOf(matrix: Dense): number {
  return Math.sqrt(matrix.flat().reduce((sum, value) => sum + value * value, 0));
}

/** The sum over triples of value times left times right, one row after the other. */
export function product(
  triples: readonly Triple[],
  columns: readonly number[],
  rows: number,
): readonly number[] {
  return Array.from({ length: rows }, (_, i) =>
    columns.map((_value, j) =>
      triples.reduce((sum, { value, left, right }) => sum + value * (left[i] ?? 0) * (right[j] ?? 0), 0),
    ),
  ).flat();
}

/** How much rounding errors grow where singular vectors are found: with the largest value over the smallest. */
export function condition(triples: readonly Triple[]): number {
  return (triples[0]?.value ?? 1) / (triples.at(-1)?.value ?? 1);
}

/** The nearest vectors that are orthonormal, and how much rounding errors grow on the way. */
export function polarFactor(vectors: Dense): { readonly vectors: Dense; readonly growth: number } {
  const triples = singularTriples(vectors);
  const [first = []] = vectors;
  return {
    vectors: vectors.map((_, i) =>
      first.map((_value, j) =>
        triples.reduce((sum, { left, right }) => sum + (left[i] ?? 0) * (right[j] ?? 0), 0),
      ),
    ),
    growth: condition(triples),
  };
}

/** How much rounding errors of a matrix of some norm grow where only some of its triples are kept: without limit where those beyond are as large. */
export function growthOfCut(triples: readonly Triple[], kept: number, norm: number): number {
  const last = triples[Math.min(kept, triples.length) - 1]?.value;
  return last === undefined ? 1 : norm / (last - (triples[kept]?.value ?? 0));
}

/** The triples with both sides orthonormal. */
export function orthonormal(triples: readonly Triple[]): {
  readonly triples: readonly Triple[];
  readonly growth: number;
} {
  const [lefts, rights] = [
    polarFactor(triples.map(({ left }) => left)),
    polarFactor(triples.map(({ right }) => right)),
  ];
  return {
    triples: triples.map(({ value }, at) => ({
      value,
      left: lefts.vectors[at] ?? [],
      right: rights.vectors[at] ?? [],
    })),
    growth: lefts.growth * rights.growth,
  };
}
