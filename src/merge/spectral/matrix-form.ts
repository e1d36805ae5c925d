import { MgitError } from '../../base/errors.ts';
import { elementCount } from '../../tensor/dtype.ts';

/** Singular vectors of at most this length on the shorter side, and matrices of at most so many elements: 2^26, half a GiB of F64. */
const [LONGEST_SHORT_SIDE, MOST_ELEMENTS] = [4096, 2 ** 26];

/** A tensor as a matrix, one row for each index of its first dimension, and as it is taken apart: with no more rows than columns. */
export interface MatrixForm {
  readonly rows: number;
  readonly columns: number;
  /** Whether the matrix is transposed to be taken apart. */
  readonly isTransposed: boolean;
  readonly short: number;
  readonly long: number;
}

/**
 * The matrix of a tensor with elements; undefined for vectors and scalars. Convolutions have a row for each output channel.
 * Errors: `MERGE_MATRIX_TOO_LARGE`.
 */
export function matrixForm(shape: readonly number[]): MatrixForm | undefined {
  if (shape.length < 2) return undefined;
  const [rows = 1] = shape;
  const columns = elementCount(shape) / rows;
  const [short, long] = [Math.min(rows, columns), Math.max(rows, columns)];
  if (short > LONGEST_SHORT_SIDE || short * long > MOST_ELEMENTS) throw tooLarge(rows, columns);
  return { rows, columns, isTransposed: rows > columns, short, long };
}

/** Singular vectors, or others, by what they are to the tensor's matrix: its columns (`left`) or its rows. */
export interface Sides<T> {
  readonly left: T;
  readonly right: T;
}

/** Tells the sides of what was taken apart. */
export function sidesOf<T>(
  { isTransposed }: MatrixForm,
  { short, long }: { readonly short: T; readonly long: T },
): Sides<T> {
  return isTransposed ? { left: long, right: short } : { left: short, right: long };
}

function tooLarge(rows: number, columns: number): MgitError {
  return new MgitError(
    'MERGE_MATRIX_TOO_LARGE',
    `a matrix of ${rows} x ${columns} has too many singular vectors`,
    {
      hint: `give tensors of more than ${MOST_ELEMENTS} elements, or ${LONGEST_SHORT_SIDE} on the shorter side, another method by a rule`,
    },
  );
}
