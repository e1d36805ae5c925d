import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { createDecomposable, decompose } from '../../tensor/structure/singular-values.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { numberParameter } from '../parameters.ts';
import { addChanges } from '../spectral/add-changes.ts';
import { basePlusProducts } from '../spectral/base-plus-products.ts';
import { type MatrixForm, matrixForm, sidesOf } from '../spectral/matrix-form.ts';
import { LAMBDA } from '../task-vectors/parameters.ts';
import { meanChange } from './weighted-changes.ts';

/** Isotropic merging in the common subspace: the sum of the changes, each of its singular values replaced by their mean. */
export const isoC: ComputingMethod = {
  name: 'iso_c',
  kind: 'compute',
  summary: 'the sum of the changes of a matrix with all of its singular values set to their mean',
  whenToUse: 'several tasks of which a sum would let a few strong directions dominate',
  source:
    'Marczak et al. 2025, No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces, https://arxiv.org/abs/2502.04959',
  baseRole: 'origin',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: true,
  kernels: 1,
  parameters: [LAMBDA],
  needsBase: () => true,
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  if (elementCount(task.shape) === 0) return;
  const lambda = numberParameter(task.parameters, 'lambda');
  const form = matrixForm(task.shape);
  yield* form ? merge(task, form, lambda) : meanChange(task, lambda);
}

async function* merge(task: MethodTask, form: MatrixForm, lambda: number): AsyncIterable<Uint8Array> {
  const kernels = await loadKernels();
  using matrix = createDecomposable(kernels, form.short, form.long);
  await addChanges(task, task.models, { form, matrix: matrix.long });
  const values = await decompose(matrix, { kernels, signal: task.signal });
  const coefficients = new Float64Array(form.short).fill(lambda * mean(values));
  yield* basePlusProducts(task, { form, ...sidesOf(form, matrix), coefficients });
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
