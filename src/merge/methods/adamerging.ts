import type { ComputingMethod } from '../method.ts';
import { taskArithmetic } from './task-arithmetic.ts';

/** Task arithmetic with a coefficient for each tensor and model, which are found on images without labels. */
export const adamerging: ComputingMethod = {
  ...taskArithmetic,
  name: 'adamerging',
  summary: 'changes added to the base, each tensor of each by a coefficient that makes the answers sure',
  whenToUse: 'fine-tunings for different tasks, where images of each task are at hand, labelled or not',
  source:
    'Yang et al. 2023, AdaMerging: adaptive model merging for multi-task learning, https://arxiv.org/abs/2310.02575',
  kernels: 1,
  parameters: [
    {
      name: 'weight',
      description: "coefficient of each model's change; found on data",
      type: 'number',
      default: 0.3,
      perModel: true,
    },
  ],
  solves: 'coefficients',
  run: task =>
    taskArithmetic.run({
      ...task,
      parameters: { ...task.parameters, lambda: 1, normalize: false, numerics: 'mgit' },
    }),
};
