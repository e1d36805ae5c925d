import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { createPairwiseSum } from '../../tensor/pairwise-sum.ts';
import type { ComputingMethod, MethodTask } from '../method.ts';
import { isStepwise, NUMERICS_PARAMETER, numberParameter } from '../parameters.ts';
import { blockSlices } from '../slices.ts';
import { elect, sumsOf } from '../task-vectors/consensus.ts';
import { keepVarying, type VarianceRegisters } from '../task-vectors/keep-varying.ts';
import { orderedSlices } from '../task-vectors/merge-task-vectors.ts';
import { blockMagnitudes, type Selection } from '../task-vectors/rescale.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';
import { openVectors, type Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';

/** A sum of mean squares below this is none: all models count alike. Source: mergekit. */
const LEAST_ENERGY = 1e-6;

/**
 * Select, calculate, erase: the elements in which the changes differ most, weighted by the mean square of what is selected of each change, without
 * those that have another sign than the sum. With `select_topk` 1, all elements are selected.
 */
export const sce: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'sce',
  summary: 'the elements in which changes differ most, weighted by their energy, where they agree on a sign',
  whenToUse: 'models of unlike strengths for different tasks, with no weights to be chosen',
  source: 'Wan et al. 2024, FuseChat: knowledge fusion of chat models, https://arxiv.org/abs/2408.07990',
  kernels: 1,
  parameters: [
    {
      name: 'select_topk',
      description: 'share of the elements that differ between changes to be selected',
      type: 'number',
      default: 1,
      minimum: 0,
      maximum: 1,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  run,
};

async function* run(task: MethodTask): AsyncIterable<Uint8Array> {
  if (elementCount(task.shape) === 0) return;
  const isRounded = isStepwise(task.parameters);
  using vectors = await openVectors(task, { isFromBase: true, spare: 4, isRounded });
  const { work, registers, base } = vectors;
  const [sum, divisors, lane, scratch] = vectors.spare as [Register, Register, Register, Register];
  const round = isRounded ? work.round : (): void => {};
  using selection = await selectionOf(task, vectors, { variance: sum, scratch });
  const shares = await sharesOf(task, vectors, { selection, scratch });
  selection.begin();
  for (const { slice, order } of orderedSlices(task)) {
    const sums = sumsOf(vectors, { lane, round }, order);
    await vectors.load(slice);
    selection.apply(slice);
    elect(vectors, { by: 'sum', shares }, { sums, divisors, scratch });
    for (const [model, register] of registers.entries()) {
      work.scale(register, register, shares[model] ?? 0);
      round(register);
    }
    sums.add(sum, register => register);
    work.divideWhereNonZero(sum, divisors);
    round(sum);
    if (base) work.add(sum, base);
    yield work.store(sum);
  }
}

async function selectionOf(
  task: MethodTask,
  vectors: Vectors,
  registers: VarianceRegisters,
): Promise<Selection> {
  const share = numberParameter(task.parameters, 'select_topk');
  if (share < 1) return keepVarying(task, vectors, { share, registers });
  return { begin: () => {}, apply: () => {}, [Symbol.dispose]: () => {} };
}

/** Each model's share of the mean squares of what is selected. One pass. */
async function sharesOf(
  task: MethodTask,
  vectors: Vectors,
  { selection, scratch }: { readonly selection: Selection; readonly scratch: Register },
): Promise<readonly number[]> {
  const kernels = await loadKernels();
  const { work, registers } = vectors;
  const [round, roundNumber] = isStepwise(task.parameters)
    ? [work.round, work.roundNumber]
    : [(): void => {}, (value: number): number => value];
  const sums = registers.map(() => createPairwiseSum<number>((left, right) => left + right));
  selection.begin();
  for (const slice of blockSlices(task)) {
    await vectors.load(slice);
    selection.apply(slice);
    for (const [model, register] of registers.entries()) {
      work.copy(scratch, register);
      work.multiply(scratch, register);
      round(scratch);
      for (const square of blockMagnitudes(task, kernels, { register: scratch, count: slice.count }))
        sums[model]?.add(square);
    }
  }
  const energies = sums.map(sum => roundNumber((sum.total() ?? 0) / elementCount(task.shape)));
  const total = energies.reduce((all, energy) => all + energy, 0);
  return energies.map(energy => roundNumber(total < LEAST_ENERGY ? 1 / energies.length : energy / total));
}
