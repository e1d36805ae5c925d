import { elementCount } from '../../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { meanChange } from '../methods/weighted-changes.ts';
import { numberParameter } from '../parameters.ts';
import { type MatrixForm, matrixForm } from './matrix-form.ts';

/** The merge of one matrix. */
export interface MatrixTask {
  readonly task: MethodTask;
  readonly form: MatrixForm;
  readonly kernels: Kernels;
  /** Factor of the merged change. */
  readonly lambda: number;
}

/** What methods that merge by singular vectors say of shapes: they hold four matrices of F64 at most. */
export const MATRIX_NEEDS: Pick<ComputingMethod, 'checkShape' | 'memoryBytes'> = {
  checkShape: shape => void matrixForm(shape),
  memoryBytes: shape => (shape.length < 2 ? 0 : 4 * 8 * elementCount(shape)),
};

/**
 * Merges a tensor that is a matrix by its singular vectors, and averages the changes of others, as the papers do. Matrices whose shorter
 * side is below `least` are averaged, too. Errors: `MERGE_MATRIX_TOO_LARGE`; those of `merge`.
 */
export async function* mergeMatrices(
  task: MethodTask,
  merge: (matrix: MatrixTask) => AsyncIterable<Uint8Array>,
  least = 1,
): AsyncIterable<Uint8Array> {
  if (elementCount(task.shape) === 0) return;
  const lambda = numberParameter(task.parameters, 'lambda');
  const form = matrixForm(task.shape);
  if (form && form.short >= least) yield* merge({ task, form, kernels: await loadKernels(), lambda });
  else yield* meanChange(task, lambda);
}
