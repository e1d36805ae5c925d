import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { MethodParameter, MethodTask } from '../method.ts';
import { plainOrder } from '../methods/torch-order.ts';
import { isStepwise, numberParameter } from '../parameters.ts';
import { blockSlices } from '../slices.ts';
import { openVectors, type Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';
import { type Sums, sumsOf } from './consensus.ts';
import { orderedSlices } from './merge-task-vectors.ts';
import { blockMagnitudes } from './rescale.ts';

/** What is a change at all. */
export const CHANGE_EPSILON: MethodParameter = {
  name: 'epsilon',
  description: 'elements that change by no more have not changed',
  type: 'number',
  default: 1e-5,
  minimum: 0,
  perModel: false,
};

/** How many of a model's changed elements it shares with others, and how many are its own. */
export interface ChangedElements {
  readonly shared: number;
  readonly unique: number;
}

/** What a model's own elements are multiplied by. */
export type Reinforce = (elements: ChangedElements) => number;

/** Marks are 1 over the number of models that changed an element: those of one model alone are above this. */
const ONE_MODEL = 0.75;

interface Parts {
  readonly vectors: Vectors;
  readonly epsilon: number;
  readonly counts: Register;
  readonly scratch: Register;
}

/**
 * Base + the mean of the changes of those models that changed an element; `reinforce` enlarges elements that a single model changed. With
 * `numerics: mergekit` the means are rounded, and without `reinforce` their sum. Source: mergekit, `ram.py`.
 */
export async function* mergeReinforced(task: MethodTask, reinforce?: Reinforce): AsyncIterable<Uint8Array> {
  if (elementCount(task.shape) === 0) return;
  const isRounded = isStepwise(task.parameters);
  using vectors = await openVectors(task, { isFromBase: true, spare: 4, isRounded });
  const { work, registers, base } = vectors;
  const [sum, counts, lane, scratch] = vectors.spare as [Register, Register, Register, Register];
  const given = numberParameter(task.parameters, 'epsilon');
  const parts = { vectors, counts, scratch, epsilon: isRounded ? work.roundNumber(given) : given };
  const round = isRounded ? work.round : (): void => {};
  const factors = reinforce && (await changedElements(task, parts, lane)).map(reinforce);
  for (const { slice, order } of orderedSlices(task)) {
    const sums = sumsOf(vectors, { lane, round: factors ? () => {} : round }, order);
    await vectors.load(slice);
    countModels(parts, sums);
    for (const [model, register] of registers.entries()) {
      if (factors) markOwn(parts, register);
      work.divideWhereNonZero(register, counts);
      round(register);
      if (factors) multiplyOwn(parts, register, factors[model] ?? 1);
    }
    sums.add(sum, register => register);
    if (base) work.add(sum, base);
    yield work.store(sum);
  }
}

/** Makes elements 0 that have not changed, and counts the models that changed each. */
function countModels({ vectors: { work, registers }, epsilon, counts, scratch }: Parts, sums: Sums): void {
  for (const register of registers) work.keepAbove(register, epsilon);
  sums.add(counts, register => {
    work.markNonZero(scratch, register, 1);
    return scratch;
  });
}

/** Leaves 1 in `scratch` where this model alone changed an element, else 0. */
function markOwn({ vectors: { work }, counts, scratch }: Parts, register: Register): void {
  work.markNonZero(scratch, register, 1);
  work.divideWhereNonZero(scratch, counts);
  work.keepAbove(scratch, ONE_MODEL);
}

function multiplyOwn({ vectors: { work }, scratch }: Parts, register: Register, factor: number): void {
  work.markNonZero(scratch, scratch, 1 - factor);
  work.complement(scratch, scratch);
  work.multiply(register, scratch);
}

async function changedElements(
  task: MethodTask,
  parts: Parts,
  lane: Register,
): Promise<readonly ChangedElements[]> {
  const kernels = await loadKernels();
  const { vectors, scratch } = parts;
  const sums = sumsOf(vectors, { lane, round: () => {} }, plainOrder);
  const found = vectors.registers.map(() => ({ all: 0, unique: 0 }));
  const marked = (count: number): number =>
    [...blockMagnitudes(task, kernels, { register: scratch, count })].reduce(
      (total, marks) => total + marks,
      0,
    );
  for (const { start, count } of blockSlices(task)) {
    await vectors.load({ start, count });
    countModels(parts, sums);
    for (const [model, register] of vectors.registers.entries()) {
      const elements = found[model] as { all: number; unique: number };
      vectors.work.markNonZero(scratch, register, 1);
      elements.all += marked(count);
      markOwn(parts, register);
      elements.unique += marked(count);
    }
  }
  return found.map(({ all, unique }) => ({ shared: all - unique, unique }));
}
