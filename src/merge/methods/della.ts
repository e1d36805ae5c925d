import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { mergeTaskVectors } from '../task-vectors/merge-task-vectors.ts';
import {
  CONSENSUS_METHOD,
  DENSITY,
  EPSILON,
  LAMBDA,
  normalizeParameter,
  RESCALE_BY,
  rescaleParameter,
  WEIGHT,
} from '../task-vectors/parameters.ts';
import { sampleByRank } from '../task-vectors/sample-by-rank.ts';
import { SEED } from '../task-vectors/seed.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';

/** Drop by rank in magnitude, elect sign, fuse. */
export const della: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'della',
  summary:
    'changes whose small elements are dropped more often than large ones, merged where they agree on a sign',
  whenToUse: 'as dare_ties, where large changes matter more than small ones',
  source:
    'Deep et al. 2024, DELLA-merging: reducing interference in model merging through magnitude-based sampling, https://arxiv.org/abs/2406.11617',
  kernels: 1,
  parameters: [
    WEIGHT,
    DENSITY,
    EPSILON,
    LAMBDA,
    normalizeParameter(true),
    rescaleParameter(true),
    RESCALE_BY,
    CONSENSUS_METHOD,
    SEED,
    NUMERICS_PARAMETER,
  ],
  run: task => mergeTaskVectors(task, { sparsify: sampleByRank, election: 'weighted' }),
};
