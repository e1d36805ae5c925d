import type { Kernels } from '../../tensor/kernels/kernels.ts';
import type { Matrix } from '../../tensor/structure/matrix.ts';
import type { MatrixForm } from './matrix-form.ts';

/** Orthonormal vectors of as many elements as the tensor's matrix has rows: the first `count` rows of `left`. */
export interface LeftVectors {
  readonly form: MatrixForm;
  readonly kernels: Kernels;
  readonly left: Matrix;
  readonly count: number;
}

/** Removes from the columns of a tensor's matrix what they have of some vectors, one vector after the other: A - u (u^T A). */
export function removeLeft(matrix: Matrix, vectors: LeftVectors): void {
  if (vectors.form.isTransposed) removeFromRows(matrix, vectors);
  else removeFromColumns(matrix, vectors);
}

/** The tensor's columns are the matrix's rows. */
function removeFromRows(matrix: Matrix, { kernels: { exports }, left, count }: LeftVectors): void {
  for (let row = 0; row < matrix.rows; row++)
    for (let at = 0; at < count; at++) {
      const [target, vector] = [matrix.pointer(row), left.pointer(at)];
      const along = exports.sumProductsF64(vector, target, matrix.columns);
      exports.mergeAddScaledF64(target, vector, matrix.columns, -along);
    }
}

function removeFromColumns(matrix: Matrix, { kernels, left, count }: LeftVectors): void {
  const { exports } = kernels;
  using products = kernels.borrow(matrix.columns * 8);
  for (let at = 0; at < count; at++) {
    const vector = left.row(at).slice();
    products.bytes.fill(0);
    for (const [row, element] of vector.entries())
      exports.mergeAddScaledF64(products.pointer, matrix.pointer(row), matrix.columns, element);
    for (const [row, element] of vector.entries())
      exports.mergeAddScaledF64(matrix.pointer(row), products.pointer, matrix.columns, -element);
  }
}
