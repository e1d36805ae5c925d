import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { mergeTaskVectors } from '../task-vectors/merge-task-vectors.ts';
import {
  CONSENSUS_METHOD,
  DENSITY,
  LAMBDA,
  normalizeParameter,
  rescaleParameter,
  WEIGHT,
} from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';
import { trimSmallest } from '../task-vectors/trim.ts';

/**
 * Trim, elect sign, merge: the largest elements of each change, of which those are averaged that agree on a sign. `variant` says whose numerics:
 * mergekit's weighted changes elect, and the mean is weighted; PEFT's elect as they are, and the weighted sum is divided by how many agree.
 * Both trim each tensor on its own, where the paper trims a whole model at once.
 */
export const ties: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'ties',
  summary: 'the largest elements of each change, averaged where they agree on a sign, added to the base',
  whenToUse: 'several fine-tunings for different tasks that get into the way of each other',
  source:
    'Yadav et al. 2023, TIES-merging: resolving interference when merging models, https://arxiv.org/abs/2306.01708',
  kernels: 1,
  parameters: [
    WEIGHT,
    DENSITY,
    LAMBDA,
    normalizeParameter(true),
    rescaleParameter(false),
    CONSENSUS_METHOD,
    {
      name: 'variant',
      description: 'whether changes elect times their weight (mergekit), or as they are (peft)',
      type: 'choice',
      choices: ['mergekit', 'peft'],
      default: 'mergekit',
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  run: task =>
    mergeTaskVectors(task, {
      sparsify: trimSmallest,
      election: task.parameters.variant === 'peft' ? 'unweighted' : 'weighted',
    }),
};
