import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import { createPairwiseSum } from '../../tensor/pairwise-sum.ts';
import { BLOCK_ELEMENTS } from '../groups.ts';
import type { MethodTask } from '../method.ts';
import { blockSlices } from '../slices.ts';
import type { Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';
import type { Sparsity } from './sparsity.ts';

/** A sum of magnitudes below this is none: nothing is rescaled. Source: mergekit. */
const SMALLEST_NORM = 1e-7;

/** Elements that stay, before it is known what their vectors are multiplied by. */
export type Selection = Omit<Sparsity, 'factors'>;

/**
 * Multiplies each vector so that its sum of magnitudes becomes what it was before elements were made 0, if it was to be rescaled; that takes one
 * pass. `round` rounds sums and ratios as they arise. Source: mergekit, `rescaled_masked_tensor`.
 */
export async function rescaleByNorm(
  task: MethodTask,
  vectors: Vectors,
  { selection, round }: { readonly selection: Selection; readonly round: (value: number) => number },
): Promise<Sparsity> {
  if (task.parameters.rescale !== true) return { ...selection, factors: task.models.map(() => 1) };
  const norms = await normsOf(task, vectors, selection);
  return { ...selection, factors: norms.map(norm => ratioOf(norm, round)) };
}

/** The sum of a vector's magnitudes, before and after elements were made 0. */
interface Norms {
  readonly before: number;
  readonly after: number;
}

/** Measures each vector, in one pass. Sums are float64, in a tree over blocks of `BLOCK_ELEMENTS`. */
async function normsOf(task: MethodTask, vectors: Vectors, selection: Selection): Promise<readonly Norms[]> {
  const kernels = await loadKernels();
  const sums = vectors.registers.map(() => [createPairwiseSum(add), createPairwiseSum(add)] as const);
  selection.begin();
  for (const slice of blockSlices(task)) {
    await selection.prepare?.(slice);
    await vectors.load(slice);
    for (const [at, register] of vectors.registers.entries())
      for (const value of blockMagnitudes(task, kernels, { register, count: slice.count }))
        sums[at]?.[0].add(value);
    selection.apply(slice);
    for (const [at, register] of vectors.registers.entries())
      for (const value of blockMagnitudes(task, kernels, { register, count: slice.count }))
        sums[at]?.[1].add(value);
  }
  return sums.map(([before, after]) => ({ before: before.total() ?? 0, after: after.total() ?? 0 }));
}

/** The sums of magnitudes of each block of a slice of a register. */
export function* blockMagnitudes(
  { dtype }: MethodTask,
  { exports }: Kernels,
  { register, count }: { readonly register: Register; readonly count: number },
): Iterable<number> {
  const [sum, size] = dtype === 'F64' ? [exports.sumMagnitudesF64, 8] : [exports.sumMagnitudesF32, 4];
  for (let start = 0; start < count; start += BLOCK_ELEMENTS)
    yield sum(register.pointer + start * size, Math.min(BLOCK_ELEMENTS, count - start));
}

function add(left: number, right: number): number {
  return left + right;
}

function ratioOf({ before, after }: Norms, round: (value: number) => number): number {
  const [whole, rest] = [round(before), round(after)];
  return whole < SMALLEST_NORM || rest < SMALLEST_NORM ? 1 : round(whole / rest);
}
