import type { Matrix } from './matrix.ts';
import { createDecomposable, type DecomposeContext, decompose } from './singular-values.ts';

/**
 * Makes the rows of a matrix, of which there are no more than columns, orthonormal in place: the nearest such rows, U V^T where the matrix is U S V^T
 * (symmetric orthogonalisation, whitening). Where rows depend on each other up to rounding noise, as many directions as they have are
 * orthonormal, and nothing is made up for the rest. Memory, while it runs, is that of rows x (rows + columns).
 * Source: Schonemann 1966, the orthogonal Procrustes problem; Higham 1986, the polar decomposition.
 */
export async function toPolarFactor(matrix: Matrix, context: DecomposeContext): Promise<void> {
  const { kernels } = context;
  using parts = createDecomposable(kernels, matrix.rows, matrix.columns);
  for (let row = 0; row < matrix.rows; row++) parts.long.row(row).set(matrix.row(row));
  await decompose(parts, context);
  for (let row = 0; row < matrix.rows; row++) {
    matrix.row(row).fill(0);
    for (let at = 0; at < matrix.rows; at++)
      kernels.exports.mergeAddScaledF64(
        matrix.pointer(row),
        parts.long.pointer(at),
        matrix.columns,
        parts.short.row(at)[row] ?? 0,
      );
  }
}
