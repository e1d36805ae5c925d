import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER, numberParameter } from '../parameters.ts';
import { CHANGE_EPSILON, type ChangedElements, mergeReinforced } from '../task-vectors/reinforce.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';

/**
 * As `ram`, with the elements that a single model changed enlarged, since averaging weakens what it shares with others: by 1 + r * (shared over
 * unique elements of the tensor, at most alpha).
 */
export const ramplusTl: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'ramplus_tl',
  summary: 'as ram, with the changes that a single model made enlarged, tensor by tensor',
  whenToUse: 'models as for ram that share many of their changed elements',
  source: 'Reinforced agent merging, 2026, https://arxiv.org/abs/2601.13572',
  kernels: 1,
  parameters: [
    {
      name: 'r',
      description: 'how much changes that one model made are enlarged',
      type: 'number',
      default: 0.1,
      minimum: 0,
      perModel: false,
    },
    {
      name: 'alpha',
      description: 'the largest ratio of shared to unique elements that counts',
      type: 'number',
      default: 0.2,
      minimum: 0,
      perModel: false,
    },
    CHANGE_EPSILON,
    NUMERICS_PARAMETER,
  ],
  run: task => {
    const [r, alpha, epsilon] = ['r', 'alpha', 'epsilon'].map(name =>
      numberParameter(task.parameters, name),
    ) as [number, number, number];
    const ratio = ({ shared, unique }: ChangedElements): number =>
      shared === 0 ? 0 : Math.min(alpha, shared / Math.max(unique, epsilon));
    return mergeReinforced(task, elements => 1 + r * ratio(elements));
  },
};
