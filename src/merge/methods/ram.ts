import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { CHANGE_EPSILON, mergeReinforced } from '../task-vectors/reinforce.ts';

/** Changes that a single model made are kept whole, those of several are averaged over these. */
export const ram: ComputingMethod = {
  name: 'ram',
  kind: 'compute',
  summary: 'changes averaged over the models that made them, element by element, added to the base',
  whenToUse: 'models that reinforcement learning changed sparsely, each elsewhere',
  source: 'Reinforced agent merging, 2026, https://arxiv.org/abs/2601.13572',
  baseRole: 'origin',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: false,
  kernels: 1,
  parameters: [CHANGE_EPSILON, NUMERICS_PARAMETER],
  needsBase: () => true,
  run: task => mergeReinforced(task),
};
