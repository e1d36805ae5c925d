import type { ComputingMethod } from '../method.ts';
import { weightedSum } from './weighted-sum.ts';

/** The plain average of the models. */
export const uniformSoup: ComputingMethod = {
  name: 'uniform_soup',
  kind: 'compute',
  summary: 'the plain average of the models',
  whenToUse: 'fine-tunings of one base with different hyperparameters, all of them good',
  source: 'Wortsman et al. 2022, Model soups, https://arxiv.org/abs/2203.05482',
  baseRole: 'unused',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  spreadsNonFinite: true,
  kernels: 1,
  parameters: [],
  needsBase: () => false,
  run: task => {
    const share = 1 / task.models.length;
    return weightedSum(
      task,
      task.models.map(() => share),
    );
  },
};
