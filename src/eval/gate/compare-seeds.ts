import { MgitError } from '../../base/errors.ts';
import { pairedT } from '../statistics/paired-t.ts';
import { minimumDetectableEffect } from '../statistics/power.ts';
import type { Threshold } from './threshold.ts';
import type { Comparison } from './verdict.ts';

/**
 * Compares two models over seeds: a paired t interval of the metric's differences, one per seed.
 * Errors: `GATE_UNDERPOWERED` with fewer than two seeds.
 */
export function compareSeeds(
  pairs: readonly (readonly [number, number])[],
  threshold: Threshold,
): Omit<Comparison, 'reference' | 'candidateValue' | 'referenceValue'> {
  if (pairs.length < 2)
    throw new MgitError('GATE_UNDERPOWERED', 'one seed says nothing about the noise between seeds', {
      hint: 'give the gate at least two seeds, better five',
    });
  const shifted = pairs.map(([left, right]) => threshold.orientation * (left - right) + threshold.margin);
  const result = pairedT(shifted, threshold.confidence);
  return {
    difference: result.estimate - threshold.margin,
    lower: result.lower - threshold.margin,
    upper: result.upper - threshold.margin,
    p: result.pGreater,
    n: pairs.length,
    minimumDetectable: minimumDetectableEffect(result.standardError, threshold.confidence),
    method: 'paired-t',
  };
}
