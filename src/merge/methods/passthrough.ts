import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER, numbers } from '../parameters.ts';
import { weightedSum } from './weighted-sum.ts';

/** One model's tensor, scaled. */
export const passthrough: ComputingMethod = {
  name: 'passthrough',
  kind: 'compute',
  summary: "a single model's tensor, scaled",
  whenToUse: 'recipes that put layers of several models together, or weaken some of them',
  source: 'mergekit, passthrough',
  baseRole: 'unused',
  models: { minimum: 1, maximum: 1 },
  isMultiPass: false,
  spreadsNonFinite: true,
  kernels: 1,
  parameters: [
    { name: 'scale', description: 'factor of the tensor', type: 'number', default: 1, perModel: true },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => false,
  run: task => weightedSum(task, numbers(task.parameters, 'scale')), // A single operation: both numerics are the same.
};
