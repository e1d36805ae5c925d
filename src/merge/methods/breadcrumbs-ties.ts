import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { mergeTaskVectors } from '../task-vectors/merge-task-vectors.ts';
import {
  CONSENSUS_METHOD,
  DENSITY,
  GAMMA,
  LAMBDA,
  normalizeParameter,
  rescaleParameter,
  WEIGHT,
} from '../task-vectors/parameters.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';
import { trimBothEnds } from '../task-vectors/trim.ts';

/** TIES with changes that have lost their largest elements, too. */
export const breadcrumbsTies: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'breadcrumbs_ties',
  summary: 'changes without their largest and smallest elements, merged where they agree on a sign',
  whenToUse: 'many fine-tunings at once that get into the way of each other, with outliers',
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
    CONSENSUS_METHOD,
    NUMERICS_PARAMETER,
  ],
  run: task => mergeTaskVectors(task, { sparsify: trimBothEnds, election: 'weighted' }),
};
