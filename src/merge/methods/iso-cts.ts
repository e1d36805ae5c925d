import { createDecomposable, decompose, frobeniusNorm } from '../../tensor/structure/singular-values.ts';
import type { ComputingMethod } from '../method.ts';
import { numberParameter } from '../parameters.ts';
import { addChanges } from '../spectral/add-changes.ts';
import { basePlusProducts } from '../spectral/base-plus-products.ts';
import { sidesOf } from '../spectral/matrix-form.ts';
import { MATRIX_NEEDS, type MatrixTask, mergeMatrices } from '../spectral/merge-matrices.ts';
import { removeLeft } from '../spectral/remove-left.ts';
import { createSubspaces, orthonormalize, type Subspaces } from '../spectral/subspaces.ts';
import { LAMBDA } from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';

/**
 * Isotropic merging in common and task-specific subspaces: the strongest directions of the sum of the changes, then those of what each
 * change has beside them, all made orthogonal and given one singular value, the mean of theirs.
 */
export const isoCts: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'iso_cts',
  summary: 'directions that changes have in common and directions of each one, all with one singular value',
  whenToUse: 'many tasks, or very different ones, of which each also needs directions of its own',
  source:
    'Marczak et al. 2025, No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces, https://arxiv.org/abs/2502.04959',
  kernels: 1,
  parameters: [
    LAMBDA,
    {
      name: 'common_space_fraction',
      description: 'share of the directions that are those of the sum',
      type: 'number',
      default: 0.8,
      minimum: 0,
      maximum: 1,
      perModel: false,
    },
  ],
  ...MATRIX_NEEDS,
  run: task => mergeMatrices(task, merge),
};

async function* merge(matrix: MatrixTask): AsyncIterable<Uint8Array> {
  const { task, form, kernels, lambda } = matrix;
  const shares = sharesOf(matrix);
  using spaces = createSubspaces(kernels, form, form.short);
  const common = await gatherCommon(matrix, spaces, shares.common);
  await gatherSpecific(matrix, spaces, { common, each: shares.each });
  await orthonormalize(spaces, { kernels, signal: task.signal });
  const mean = spaces.values.reduce((sum, value) => sum + value, 0) / form.short;
  const coefficients = new Float64Array(form.short).fill(lambda * mean);
  yield* basePlusProducts(task, { form, left: spaces.left, right: spaces.right, coefficients });
}

/** How many directions are of the sum, and how many of each model beside it. */
interface Shares {
  readonly common: number;
  readonly each: number;
}

/** As many for each model as is nearest to the rest of the fraction (of two equally near numbers the even one), and no more than there are. */
function sharesOf({ task, form: { short } }: MatrixTask): Shares {
  const count = task.models.length;
  const rest = short - Math.floor(short * numberParameter(task.parameters, 'common_space_fraction'));
  const each = Math.min(roundToEven(rest / count), Math.floor(short / count));
  return { common: short - each * count, each };
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

async function gatherCommon(
  { task, form, kernels }: MatrixTask,
  spaces: Subspaces,
  count: number,
): Promise<number> {
  using parts = createDecomposable(kernels, form.short, form.long);
  await addChanges(task, task.models, { form, matrix: parts.long });
  const values = await decompose(parts, { kernels, signal: task.signal });
  return spaces.gather(sidesOf(form, parts), values, count);
}

/** What is noise is told by the whole change: of one that lies in the common space, nothing else is left. */
async function gatherSpecific(
  { task, form, kernels }: MatrixTask,
  spaces: Subspaces,
  { common, each }: Shares,
): Promise<void> {
  if (each === 0) return;
  for (const model of task.models) {
    using parts = createDecomposable(kernels, form.short, form.long);
    await addChanges(task, [model], { form, matrix: parts.long });
    const norm = frobeniusNorm(parts.long, kernels);
    removeLeft(parts.long, { form, kernels, left: spaces.left, count: common });
    const values = await decompose(parts, { kernels, norm, signal: task.signal });
    spaces.gather(sidesOf(form, parts), values, each);
  }
}
