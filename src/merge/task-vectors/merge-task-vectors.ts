import { elementCount } from '../../tensor/dtype.ts';
import type { MethodTask } from '../method.ts';
import { divisorOf, isNormalized, weightsOf } from '../methods/coefficients.ts';
import {
  interleavedOrder,
  type OrderedSlice,
  type OrderTerms,
  plainOrder,
  sumNumbers,
  torchSlices,
} from '../methods/torch-order.ts';
import { isStepwise, numberParameter } from '../parameters.ts';
import { slicesOf } from '../slices.ts';
import { openVectors, type Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';
import { elect, sumsOf } from './consensus.ts';
import type { Sparsify, Sparsity } from './sparsity.ts';

/** How task vectors are merged. */
export interface TaskVectorMerge {
  readonly sparsify: Sparsify;
  /** Whether only changes that have the elected sign of an element count, and who votes: changes as they are or times their weight. */
  readonly election: 'none' | 'weighted' | 'unweighted';
}

/**
 * Base + lambda * the sum of weight * change, of changes that are sparse and, after an election, of those alone that agree on an element's
 * sign. Source: mergekit a6e4028, `generalized_task_arithmetic.py`, whose roundings `numerics: mergekit` follows.
 */
export async function* mergeTaskVectors(task: MethodTask, merge: TaskVectorMerge): AsyncIterable<Uint8Array> {
  if (elementCount(task.shape) === 0) return;
  const isRounded = isStepwise(task.parameters);
  using vectors = await openVectors(task, { isFromBase: true, spare: 4, isRounded });
  using sparsity = await merge.sparsify(task, vectors);
  const mix = mixing(task, { vectors, sparsity, election: merge.election });
  sparsity.begin();
  for (const { slice, order } of orderedSlices(task)) {
    await sparsity.prepare?.(slice);
    await vectors.load(slice);
    sparsity.apply(slice);
    yield mix(order);
  }
}

/** The slices of a tensor, and in which order numerics add up models there. */
export function* orderedSlices(task: MethodTask): Iterable<OrderedSlice> {
  if (isStepwise(task.parameters)) yield* torchSlices(task);
  else for (const slice of slicesOf(task)) yield { slice, order: plainOrder };
}

interface Mixing extends Pick<TaskVectorMerge, 'election'> {
  readonly vectors: Vectors;
  readonly sparsity: Sparsity;
}

/** Merges what is loaded. */
function mixing(
  task: MethodTask,
  { vectors, sparsity, election }: Mixing,
): (order: OrderTerms) => Uint8Array {
  const { work, registers, base, spare } = vectors;
  const [sum, divisors, lane, scratch] = spare as [Register, Register, Register, Register];
  const isRounded = isStepwise(task.parameters);
  const round = isRounded ? work.round : (): void => {};
  const weights = isRounded ? weightsOf(task).map(work.roundNumber) : weightsOf(task);
  const divisor = divisorOfSum(task, weights, isRounded ? work.roundNumber : value => value);
  const lambda = numberParameter(task.parameters, 'lambda');
  const scaleBy = (factors: readonly number[]): void => {
    for (const [model, register] of registers.entries()) scale(register, factors[model] ?? 1);
  };
  const scale = (register: Register, factor: number): void => {
    if (factor === 1) return;
    work.scale(register, register, factor);
    round(register);
  };
  const isFolded = !isRounded && election !== 'unweighted';
  const [first, second] = isFolded
    ? [weights.map((weight, model) => weight * (sparsity.factors[model] ?? 1)), []]
    : [sparsity.factors, weights];
  const by = task.parameters.consensus_method === 'count' ? 'count' : 'sum';
  const shares = election === 'unweighted' ? weights.map(() => 1) : weights;

  return order => {
    const sums = sumsOf(vectors, { lane, round }, order);
    scaleBy(first);
    if (election !== 'unweighted') scaleBy(second);
    if (election !== 'none') elect(vectors, { by, shares }, { sums, divisors, scratch });
    if (election === 'unweighted') scaleBy(second);
    sums.add(sum, register => register);
    if (isNormalized(task.parameters)) {
      if (election === 'none') work.divide(sum, divisor);
      else work.divideWhereNonZero(sum, divisors);
      round(sum);
    }
    scale(sum, lambda);
    if (base) work.add(sum, base);
    return work.store(sum);
  };
}

/** The sum of the weights to divide by. */
function divisorOfSum(
  task: MethodTask,
  weights: readonly number[],
  round: (value: number) => number,
): number {
  const sum = isStepwise(task.parameters)
    ? sumNumbers(task.dtype, interleavedOrder(weights))
    : weights.reduce((total, weight) => total + weight, 0);
  return divisorOf(round(sum));
}
