import type { ComputingMethod } from '../method.ts';
import { numberParameter } from '../parameters.ts';
import { weightedSum } from './weighted-sum.ts';

/** Exponential moving average over models in the order of training: average = decay * average + (1 - decay) * model, from the first on. */
export const ema: ComputingMethod = {
  name: 'ema',
  kind: 'compute',
  summary: 'the exponential moving average over the models, the oldest first',
  whenToUse: 'successive checkpoints of one training: smooths its last steps',
  source:
    'Polyak and Juditsky 1992, https://doi.org/10.1137/0330046; Tarvainen and Valpola 2017, https://arxiv.org/abs/1703.01780',
  baseRole: 'unused',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  spreadsNonFinite: true,
  kernels: 1,
  parameters: [
    {
      name: 'decay',
      description: 'share of the average that each further model leaves',
      type: 'number',
      default: 0.9,
      minimum: 0,
      maximum: 1,
      perModel: false,
    },
  ],
  needsBase: () => false,
  run: task => weightedSum(task, sharesOf(task.models.length, numberParameter(task.parameters, 'decay'))),
};

/** The models' weights, the oldest first; products alone, so that they have the same bits everywhere. */
function sharesOf(count: number, decay: number): readonly number[] {
  const shares: number[] = [];
  let left = 1;
  for (let model = count - 1; model > 0; model--) {
    shares.unshift(left * (1 - decay));
    left *= decay;
  }
  return [left, ...shares];
}
