import type { ComputingMethod, MethodTask } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { readModels, readSlice } from '../slices.ts';
import { baseOf } from '../vectors.ts';
import { openWorkspace, type Register } from '../workspace.ts';
import { divisorOf, isNormalized, weightsOf } from './coefficients.ts';
import { interleavedOrder, sumNumbers, sumRegisters, torchSlices } from './torch-order.ts';
import { weightedChanges } from './weighted-changes.ts';

/** Task vectors added to the base: base + lambda * sum of weight * (model - base). */
export const taskArithmetic: ComputingMethod = {
  name: 'task_arithmetic',
  kind: 'compute',
  summary: 'changes added to the base: base + lambda * the sum of weight * (model - base)',
  whenToUse: 'adding skills to a base, taking them away (negative weights), or scaling them',
  source: 'Ilharco et al. 2022, Editing models with task arithmetic, https://arxiv.org/abs/2212.04089',
  baseRole: 'origin',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  spreadsNonFinite: true,
  kernels: 1,
  parameters: [
    {
      name: 'weight',
      description: "share of each model's change",
      type: 'number',
      default: 1,
      perModel: true,
    },
    {
      name: 'lambda',
      description: 'factor of the whole change',
      type: 'number',
      default: 1,
      perModel: false,
    },
    {
      name: 'normalize',
      description: 'divide by the sum of the weights',
      type: 'boolean',
      default: false,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => true,
  run: task =>
    task.parameters.numerics === 'mergekit'
      ? runAsMergekit(task)
      : weightedChanges(task, coefficientsOf(task)),
};

/** lambda * weight, over the sum of the weights where asked; in float64, rounded once when it reaches the kernel. */
function coefficientsOf(task: MethodTask): readonly number[] {
  const weights = weightsOf(task);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const divisor = isNormalized(task.parameters) ? divisorOf(sum) : 1;
  return weights.map(weight => (lambdaOf(task) * weight) / divisor);
}

/** Every operation rounded to the dtype, sums in PyTorch's order. Source: mergekit a6e4028, `generalized_task_arithmetic.py`. */
async function* runAsMergekit(task: MethodTask): AsyncIterable<Uint8Array> {
  const base = baseOf(task);
  const registers = task.models.length + 2;
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers });
  const weights = weightsOf(task).map(work.roundNumber);
  const divisor = divisorOf(work.roundNumber(sumNumbers(task.dtype, interleavedOrder(weights))));
  const [sum, origin, ...changes] = work.registers as [Register, Register, ...Register[]];
  for (const { slice, order } of torchSlices(task)) {
    const [origins, models] = await Promise.all([readSlice(task, base, slice), readModels(task, slice)]);
    work.begin(slice.count);
    work.load(origin, origins);
    for (const [index, change] of changes.entries()) {
      work.load(change, models[index] ?? origins);
      work.subtract(change, origin);
      work.round(change);
      work.scale(change, change, weights[index] ?? 0);
      work.round(change);
    }
    work.clear(sum);
    sumRegisters(work, sum, order(changes));
    work.round(sum);
    if (isNormalized(task.parameters)) work.divide(sum, divisor);
    work.round(sum);
    if (lambdaOf(task) !== 1) work.scale(sum, sum, lambdaOf(task));
    work.round(sum);
    work.add(sum, origin);
    yield work.store(sum);
  }
}

function lambdaOf(task: MethodTask): number {
  return Number(task.parameters.lambda);
}
