import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER, numbers } from '../parameters.ts';
import { mergeTaskVectors } from '../task-vectors/merge-task-vectors.ts';
import {
  CONSENSUS_METHOD,
  DENSITY,
  LAMBDA,
  normalizeParameter,
  rescaleParameter,
  THRESHOLD,
  WEIGHT,
} from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';
import { measureThresholds } from '../task-vectors/thresholds.ts';
import { trimBelow, trimSmallest } from '../task-vectors/trim.ts';

/**
 * Trim, elect sign, merge: the largest elements of each change, of which those are averaged that agree on a sign. `variant` says whose numerics:
 * mergekit's weighted changes elect, and the mean is weighted; PEFT's elect as they are, and the weighted sum is divided by how many agree.
 * Both trim each tensor on its own, where the paper trims a whole model at once, and else does as PEFT.
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
      description:
        'whether changes elect times their weight (mergekit), or as they are (peft); or so, and trimmed over the whole model (paper)',
      type: 'choice',
      choices: ['mergekit', 'peft', 'paper'],
      default: 'mergekit',
      perModel: false,
    },
    THRESHOLD,
    NUMERICS_PARAMETER,
  ],
  measurement: {
    isNeeded: parameters =>
      parameters.variant === 'paper' && numbers(parameters, 'threshold').every(value => value === 0),
    measure: measureThresholds,
  },
  run: task =>
    mergeTaskVectors(task, {
      sparsify: task.parameters.variant === 'paper' ? trimBelow : trimSmallest,
      election: task.parameters.variant === 'mergekit' ? 'weighted' : 'unweighted',
    }),
};
