import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER } from '../parameters.ts';
import { dropAtRandom } from '../task-vectors/drop-at-random.ts';
import { mergeTaskVectors } from '../task-vectors/merge-task-vectors.ts';
import {
  CONSENSUS_METHOD,
  DENSITY,
  LAMBDA,
  normalizeParameter,
  RESCALE_BY,
  rescaleParameter,
  WEIGHT,
} from '../task-vectors/parameters.ts';
import { SEED } from '../task-vectors/seed.ts';
import { TASK_VECTOR_METHOD } from '../task-vectors/task-vector-method.ts';

/** Drop and rescale before an election as in TIES. */
export const dareTies: ComputingMethod = {
  ...TASK_VECTOR_METHOD,
  name: 'dare_ties',
  summary: 'changes with elements dropped at random, merged where they agree on a sign',
  whenToUse: 'redundant fine-tunings for different tasks that get into the way of each other',
  source:
    'Yu et al. 2023, Language models are super Mario: absorbing abilities from homologous models as a free lunch, https://arxiv.org/abs/2311.03099',
  kernels: 1,
  parameters: [
    WEIGHT,
    DENSITY,
    LAMBDA,
    normalizeParameter(false),
    rescaleParameter(true),
    RESCALE_BY,
    CONSENSUS_METHOD,
    SEED,
    NUMERICS_PARAMETER,
  ],
  run: task => mergeTaskVectors(task, { sparsify: dropAtRandom, election: 'weighted' }),
};
