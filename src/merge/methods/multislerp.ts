import { combine } from '../combine.ts';
import type { Gram } from '../gram.ts';
import type { ComputingMethod } from '../method.ts';
import { isStepwise, NUMERICS_PARAMETER, numberParameter, numbers } from '../parameters.ts';
import { normalized } from './coefficients.ts';
import { isFromBase, ORIGIN_PARAMETER } from './origin-parameter.ts';

/**
 * Barycentre of several models on a sphere, as mergekit computes it: their directions' weighted mean, at their mean length. (It goes on to
 * the tangent space at that mean, where the weighted directions add up to zero, and so to nothing more.)
 */
export const multislerp: ComputingMethod = {
  name: 'multislerp',
  kind: 'compute',
  summary: 'the mean direction of the models or of their changes, at their mean length',
  whenToUse: 'three models or more, where a plain average would shrink the weights',
  source: 'mergekit, Multi-SLERP, https://goddard.blog/posts/multislerp-wow-what-a-cool-idea',
  baseRole: 'origin',
  models: { minimum: 1, maximum: Infinity },
  isMultiPass: true,
  kernels: 1,
  parameters: [
    { name: 'weight', description: 'share of each model', type: 'number', default: 1, perModel: true },
    {
      name: 'normalize_weights',
      description: 'divide by the sum of the weights',
      type: 'boolean',
      default: true,
      perModel: false,
    },
    {
      name: 'eps',
      description: 'added to lengths, and the shortest mean that has a direction',
      type: 'number',
      default: 1e-8,
      minimum: 0,
      perModel: false,
    },
    ORIGIN_PARAMETER,
    NUMERICS_PARAMETER,
  ],
  needsBase: isFromBase,
  run: task => {
    const given = numbers(task.parameters, 'weight');
    const weights = task.parameters.normalize_weights ? normalized(given) : given;
    const eps = numberParameter(task.parameters, 'eps');
    return combine(task, {
      grouping: 'all',
      isFromBase: isFromBase(task.parameters),
      isRoundedStepwise: isStepwise(task.parameters),
      coefficients: gram => (weights.length === 1 ? [1] : barycentre(gram, weights, eps)),
    });
  },
};

function barycentre(gram: Gram, weights: readonly number[], eps: number): readonly number[] {
  const lengths = weights.map((_, i) => Math.sqrt(gram(i, i)));
  const scaled = weights.map((weight, i) => weight / ((lengths[i] ?? 0) + eps));
  let square = 0;
  for (const [i, left] of scaled.entries())
    for (const [j, right] of scaled.entries()) square += left * right * gram(i, j);
  const mean = Math.sqrt(Math.max(0, square));
  if (mean < eps || mean === 0) return weights; // No direction: a plain sum, as mergekit has it for two models.
  const length = weights.reduce((sum, weight, i) => sum + weight * (lengths[i] ?? 0), 0);
  return scaled.map(factor => (factor / mean) * length);
}
