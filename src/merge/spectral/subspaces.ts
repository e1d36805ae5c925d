import type { Kernels } from '../../tensor/kernels/kernels.ts';
import { createMatrix, type Matrix } from '../../tensor/structure/matrix.ts';
import { toPolarFactor } from '../../tensor/structure/polar-factor.ts';
import type { MatrixForm, Sides } from './matrix-form.ts';

/** Singular vectors of several matrices, gathered: row i of both sides belongs to value i. What was not gathered is zero. */
export interface Subspaces extends Sides<Matrix>, Disposable {
  readonly values: Float64Array;
  /** Copies the `count` largest singular values and their vectors, without noise (value 0). Returns how many there were. */
  gather(sides: Sides<Matrix>, values: Float64Array, count: number): number;
}

/** Room for `count` singular values and vectors of matrices of a form. Errors: `KERNEL_MEMORY`. */
export function createSubspaces(kernels: Kernels, { rows, columns }: MatrixForm, count: number): Subspaces {
  const [left, right] = [createMatrix(kernels, count, rows), createMatrix(kernels, count, columns)];
  const values = new Float64Array(count);
  let gathered = 0;
  return {
    left,
    right,
    values,
    gather: (sides, found, wanted) => {
      const places = largest(found, wanted);
      for (const from of places) {
        values[gathered] = found[from] ?? 0;
        left.row(gathered).set(sides.left.row(from));
        right.row(gathered).set(sides.right.row(from));
        gathered++;
      }
      return places.length;
    },
    [Symbol.dispose]: () => {
      left[Symbol.dispose]();
      right[Symbol.dispose]();
    },
  };
}

/** Where the largest values are, the largest first, of equal ones that which comes first; fewer where others are 0. */
function largest(values: Float64Array, count: number): readonly number[] {
  const places = Array.from(values.keys()).filter(at => values[at] !== 0);
  return places.sort((one, other) => (values[other] ?? 0) - (values[one] ?? 0)).slice(0, count);
}

/** Makes the vectors of each side orthonormal, changing them as little as possible. */
export async function orthonormalize(
  { left, right }: Subspaces,
  context: { readonly kernels: Kernels; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  await toPolarFactor(left, context);
  await toPolarFactor(right, context);
}
