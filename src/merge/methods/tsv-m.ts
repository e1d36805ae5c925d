import { createDecomposable, decompose } from '../../tensor/structure/singular-values.ts';
import type { ComputingMethod } from '../method.ts';
import { addChanges } from '../spectral/add-changes.ts';
import { basePlusProducts } from '../spectral/base-plus-products.ts';
import { sidesOf } from '../spectral/matrix-form.ts';
import { MATRIX_NEEDS, type MatrixTask, mergeMatrices } from '../spectral/merge-matrices.ts';
import { createSubspaces, orthonormalize, type Subspaces } from '../spectral/subspaces.ts';
import { LAMBDA } from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';

/**
 * Task singular vectors, merged: of each change as many of the strongest directions as there are for each model, made orthogonal to those
 * of the others. A matrix with fewer directions than models is averaged, where the authors' code gives it no change.
 */
export const tsvM: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'tsv_m',
  summary: "each change's strongest directions, made orthogonal to those of the others, added to the base",
  whenToUse: 'several tasks whose changes are of low rank and get into the way of each other',
  source:
    'Gargiulo et al. 2025, Task Singular Vectors: Reducing Task Interference in Model Merging, https://arxiv.org/abs/2412.00081',
  kernels: 1,
  parameters: [LAMBDA],
  ...MATRIX_NEEDS,
  run: task => mergeMatrices(task, merge, task.models.length),
};

async function* merge(matrix: MatrixTask): AsyncIterable<Uint8Array> {
  const { task, form, kernels, lambda } = matrix;
  const each = Math.floor(form.short / task.models.length);
  using spaces = createSubspaces(kernels, form, each * task.models.length);
  await gatherStrongest(matrix, spaces, each);
  await orthonormalize(spaces, { kernels, signal: task.signal });
  const coefficients = spaces.values.map(value => lambda * value);
  yield* basePlusProducts(task, { form, left: spaces.left, right: spaces.right, coefficients });
}

async function gatherStrongest(
  { task, form, kernels }: MatrixTask,
  spaces: Subspaces,
  each: number,
): Promise<void> {
  for (const model of task.models) {
    using parts = createDecomposable(kernels, form.short, form.long);
    await addChanges(task, [model], { form, matrix: parts.long });
    const values = await decompose(parts, { kernels, signal: task.signal });
    spaces.gather(sidesOf(form, parts), values, each);
  }
}
