import { combine } from '../combine.ts';
import type { Gram } from '../gram.ts';
import type { ComputingMethod } from '../method.ts';
import { isStepwise, NUMERICS_PARAMETER } from '../parameters.ts';

/** Products of lengths are at least this where cosines are taken. Source: mergekit. */
const SHORTEST = 1e-6;
/** Changes whose cosines leave less of 1 + (n - 1) cos cancel each other out: the base stays. */
const SMALLEST_DIVISOR = 1e-6;

/**
 * Between the base and the models' average, as near to the average as their changes agree: t = n cos / (1 + (n - 1) cos), where cos is the
 * mean cosine of two changes. With `filter_wise` each row has its own t.
 */
export const modelStock: ComputingMethod = {
  name: 'model_stock',
  kind: 'compute',
  summary: "between the base and the models' average, nearer to it the more their changes agree",
  whenToUse: 'two or more fine-tunings of the same task and base: as good as a soup of many',
  source:
    'Jang et al. 2024, Model stock: all we need is just a few fine-tuned models, https://arxiv.org/abs/2403.19522',
  baseRole: 'origin',
  models: { minimum: 2, maximum: Infinity },
  isMultiPass: true,
  kernels: 1,
  parameters: [
    {
      name: 'filter_wise',
      description: 'measure each row (the weights of one neuron), not the whole tensor',
      type: 'boolean',
      default: false,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => true,
  run: task => {
    const count = task.models.length;
    return combine(task, {
      grouping: task.parameters.filter_wise ? 'rows' : 'all',
      isFromBase: true,
      isRoundedStepwise: isStepwise(task.parameters),
      coefficients: gram => new Array<number>(count).fill(ratio(meanCosine(gram, count), count) / count),
    });
  },
};

function meanCosine(gram: Gram, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++)
    for (let j = i + 1; j < count; j++) {
      const lengths = Math.sqrt(gram(i, i)) * Math.sqrt(gram(j, j));
      sum += Math.min(1, Math.max(-1, gram(i, j) / Math.max(SHORTEST, lengths)));
    }
  return sum / ((count * (count - 1)) / 2);
}

function ratio(cosine: number, count: number): number {
  const divisor = 1 + (count - 1) * cosine;
  return divisor < SMALLEST_DIVISOR ? 0 : (count * cosine) / divisor;
}
