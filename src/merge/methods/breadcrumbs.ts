import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { mergeTaskVectors } from '../task-vectors/merge-task-vectors.ts';
import {
  DENSITY,
  GAMMA,
  LAMBDA,
  normalizeParameter,
  rescaleParameter,
  WEIGHT,
} from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';
import { trimBothEnds } from '../task-vectors/trim.ts';

/** Task arithmetic with changes that have lost their largest and their smallest elements. */
export const breadcrumbs: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'breadcrumbs',
  summary: 'changes without their largest and smallest elements, summed and added to the base',
  whenToUse: 'many fine-tunings at once, where single large changes and noise do harm',
  source:
    'Davari and Belilovsky 2023, Model breadcrumbs: scaling multi-task model merging with sparse masks, https://arxiv.org/abs/2312.06795',
  kernels: 1,
  parameters: [
    WEIGHT,
    DENSITY,
    GAMMA,
    LAMBDA,
    normalizeParameter(false),
    rescaleParameter(false),
    NUMERICS_PARAMETER,
  ],
  run: task => mergeTaskVectors(task, { sparsify: trimBothEnds, election: 'none' }),
};
