import { MgitError } from '../../base/errors.ts';
import type { MethodParameters, MethodTask } from '../method.ts';
import { numbers } from '../parameters.ts';

/** A sum of weights smaller than this is none. Source: mergekit. */
const SMALLEST_DIVISOR = 1e-8;

/** The models' weights. */
export function weightsOf(task: MethodTask): readonly number[] {
  return numbers(task.parameters, 'weight');
}

/** Whether to divide by the sum of the weights. */
export function isNormalized(parameters: MethodParameters): boolean {
  return parameters.normalize === true;
}

/** Divides weights by their sum, in float64. Errors: `MERGE_PARAMETER_INVALID` when they cancel out. */
export function normalized(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum) < SMALLEST_DIVISOR)
    throw new MgitError('MERGE_PARAMETER_INVALID', 'the weights of the merged models cancel out', {
      hint: 'give weights with another sum, or -X normalize=false',
    });
  return weights.map(weight => weight / sum);
}

/** The sum of weights to divide task vectors by: 1 when they cancel out, as mergekit does. */
export function divisorOf(sum: number): number {
  return Math.abs(sum) < SMALLEST_DIVISOR ? 1 : sum;
}
