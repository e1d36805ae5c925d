import { createDecomposable, decompose } from '../../tensor/structure/singular-values.ts';
import type { ComputingMethod } from '../method.ts';
import { addChanges } from '../spectral/add-changes.ts';
import { basePlusProducts } from '../spectral/base-plus-products.ts';
import { sidesOf } from '../spectral/matrix-form.ts';
import { MATRIX_NEEDS, type MatrixTask, mergeMatrices } from '../spectral/merge-matrices.ts';
import { LAMBDA } from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';

/** Isotropic merging in the common subspace: the sum of the changes, each of its singular values replaced by their mean. */
export const isoC: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'iso_c',
  summary: 'the sum of the changes of a matrix with all of its singular values set to their mean',
  whenToUse: 'several tasks of which a sum would let a few strong directions dominate',
  source:
    'Marczak et al. 2025, No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces, https://arxiv.org/abs/2502.04959',
  kernels: 1,
  parameters: [LAMBDA],
  ...MATRIX_NEEDS,
  run: task => mergeMatrices(task, merge),
};

async function* merge({ task, form, kernels, lambda }: MatrixTask): AsyncIterable<Uint8Array> {
  using matrix = createDecomposable(kernels, form.short, form.long);
  await addChanges(task, task.models, { form, matrix: matrix.long });
  const values = await decompose(matrix, { kernels, signal: task.signal });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const coefficients = new Float64Array(form.short).fill(lambda * mean);
  yield* basePlusProducts(task, { form, ...sidesOf(form, matrix), coefficients });
}
