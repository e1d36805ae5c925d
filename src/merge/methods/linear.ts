import type { ComputingMethod, MethodTask } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { readModels } from '../slices.ts';
import { openWorkspace, type Register, type Workspace } from '../workspace.ts';
import { isNormalized, normalized, weightsOf } from './coefficients.ts';
import { interleavedOrder, sumNumbers, sumRegisters, torchSlices } from './torch-order.ts';
import { weightedSum } from './weighted-sum.ts';

/** Weighted average: sum of weight * model, divided by the sum of the weights unless `normalize` is false. */
export const linear: ComputingMethod = {
  name: 'linear',
  kind: 'compute',
  summary: 'weighted average of the models: the sum of weight * model',
  whenToUse: 'models fine-tuned from one base that should all count; a safe first choice',
  source: 'Wortsman et al. 2022, Model soups, https://arxiv.org/abs/2203.05482',
  baseRole: 'unused',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  spreadsNonFinite: true,
  kernels: 1,
  parameters: [
    { name: 'weight', description: 'share of each model', type: 'number', default: 1, perModel: true },
    {
      name: 'normalize',
      description: 'divide by the sum of the weights',
      type: 'boolean',
      default: true,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => false,
  run: task => (task.parameters.numerics === 'mergekit' ? runAsMergekit(task) : run(task)),
};

function run(task: MethodTask): AsyncIterable<Uint8Array> {
  return weightedSum(task, isNormalized(task.parameters) ? normalized(weightsOf(task)) : weightsOf(task));
}

/** Every operation rounded to the dtype, sums in PyTorch's order. Source: mergekit a6e4028, `merge_methods/linear.py`. */
async function* runAsMergekit(task: MethodTask): AsyncIterable<Uint8Array> {
  const registers = task.models.length + 1;
  using work = await openWorkspace({ dtype: task.dtype, elements: task.sliceElements, registers });
  const weights = weightsOf(task).map(work.roundNumber);
  const divisor = isNormalized(task.parameters)
    ? work.roundNumber(sumNumbers(task.dtype, interleavedOrder(weights)))
    : undefined;
  const [sum, ...products] = work.registers as [Register, ...Register[]];
  for (const { slice, order } of torchSlices(task)) {
    const models = await readModels(task, slice);
    work.begin(slice.count);
    loadProducts(work, products, { models, weights });
    work.clear(sum);
    sumRegisters(work, sum, order(products));
    work.round(sum);
    if (divisor !== undefined) work.divide(sum, divisor);
    yield work.store(sum);
  }
}

function loadProducts(
  work: Workspace,
  products: readonly Register[],
  { models, weights }: { readonly models: readonly Uint8Array[]; readonly weights: readonly number[] },
): void {
  for (const [index, product] of products.entries()) {
    work.load(product, models[index] ?? new Uint8Array());
    work.scale(product, product, weights[index] ?? 0);
    work.round(product);
  }
}
