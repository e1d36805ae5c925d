import { dot, orthonormalRows } from '../../tensor/structure/orthonormal.ts';
import { symmetricEigen } from '../../tensor/structure/symmetric-eigen.ts';
import type { Product } from './product.ts';

/** Squares of singular values below this share of the largest are rounding noise. */
const NOISE = 1e-24;

/** The left singular vectors of a matrix of low rank, without the matrix ever being made. */
export interface LeftVectors {
  /** Row k is left singular vector k: count x rows. */
  readonly vectors: Float64Array;
  /** The largest first. */
  readonly values: readonly number[];
  /** Row k is vector k times the left factor: count x rank. */
  readonly coefficients: Float64Array;
}

/**
 * The left singular vectors of `left` times what `gramOf` tells of the right: the product of each two rows of the right factor, rank x rank.
 * Left is made orthonormal first, so that what is taken apart is rank x rank.
 */
export function leftVectors({ rows, rank, left }: Product, gram: Float64Array): LeftVectors {
  const columnsOfLeft = transposed(left, rows, rank);
  const basis = columnsOfLeft.slice();
  orthonormalRows(basis, rows);
  const rowOf = (matrix: Float64Array, row: number, width: number) =>
    matrix.subarray(row * width, (row + 1) * width);
  // Left is basis' times t, t being rank x rank.
  const t = Float64Array.from({ length: rank * rank }, (_, at) =>
    dot(rowOf(basis, Math.floor(at / rank), rows), rowOf(columnsOfLeft, at % rank, rows)),
  );
  const small = multiply(multiply(t, gram, rank), transposed(t, rank, rank), rank);
  const pairs = symmetricEigen(symmetric(small, rank), rank);
  const least = NOISE * (pairs[0]?.value ?? 0);
  const kept = pairs.filter(({ value }) => value > least);
  const vectors = new Float64Array(kept.length * rows);
  const coefficients = new Float64Array(kept.length * rank);
  for (const [k, { vector }] of kept.entries())
    for (const [i, weight] of vector.entries()) {
      for (let row = 0; row < rows; row++)
        vectors[k * rows + row] = (vectors[k * rows + row] ?? 0) + weight * (basis[i * rows + row] ?? 0);
      for (let j = 0; j < rank; j++)
        coefficients[k * rank + j] = (coefficients[k * rank + j] ?? 0) + weight * (t[i * rank + j] ?? 0);
    }
  return { vectors, coefficients, values: kept.map(({ value }) => Math.sqrt(value)) };
}

/** The products of each two rows of the right factor: rank x rank. */
export function rightGram({
  rank,
  columns,
  right,
}: Pick<Product, 'rank' | 'columns' | 'right'>): Float64Array {
  const rowOf = (row: number): Float64Array => right.subarray(row * columns, (row + 1) * columns);
  return Float64Array.from({ length: rank * rank }, (_, at) =>
    dot(rowOf(Math.floor(at / rank)), rowOf(at % rank)),
  );
}

/** A product in the fewest dimensions, at most so many, and the share of its squared norm that this leaves out. */
export interface Recompressed {
  readonly product: Product;
  readonly lost: number;
}

/** The nearest matrix of a rank, both factors of equal length in each dimension. Source: Eckart and Young 1936. */
export function recompressed(given: Product, rank: number): Recompressed {
  const { rows, columns } = given;
  const { vectors, values, coefficients } = leftVectors(given, rightGram(given));
  const kept = Math.min(rank, values.length);
  const energy = (from: number, to: number): number =>
    values.slice(from, to).reduce((sum, value) => sum + value * value, 0);
  const left = new Float64Array(rows * kept);
  const right = new Float64Array(kept * columns);
  for (let k = 0; k < kept; k++) {
    const root = Math.sqrt(values[k] ?? 0);
    for (let row = 0; row < rows; row++) left[row * kept + k] = root * (vectors[k * rows + row] ?? 0);
    combine(
      right.subarray(k * columns, (k + 1) * columns),
      given,
      coefficients.subarray(k * given.rank, (k + 1) * given.rank),
      1 / root,
    );
  }
  const whole = energy(0, values.length);
  return {
    product: { rows, columns, rank: kept, left, right },
    lost: whole === 0 ? 0 : energy(kept, values.length) / whole,
  };
}

/** target = factor * the sum of coefficient times row of the right factor. */
export function combine(
  target: Float64Array,
  { rank, columns, right }: Pick<Product, 'rank' | 'columns' | 'right'>,
  coefficients: Float64Array,
  factor: number,
): void {
  for (let j = 0; j < rank; j++) {
    const weight = factor * (coefficients[j] ?? 0);
    for (let at = 0; at < columns; at++)
      target[at] = (target[at] ?? 0) + weight * (right[j * columns + at] ?? 0);
  }
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(
    { length: rows * columns },
    (_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)] ?? 0,
  );
}

function multiply(left: Float64Array, right: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (left[row * size + k] ?? 0) * (right[k * size + column] ?? 0);
    return sum;
  });
}

/** Rounding leaves a product a little less than symmetric. */
function symmetric(matrix: Float64Array, size: number): Float64Array {
  return matrix.map((value, at) => (value + (matrix[(at % size) * size + Math.floor(at / size)] ?? 0)) / 2);
}
