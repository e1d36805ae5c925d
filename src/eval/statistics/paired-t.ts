import { mean, variance } from './bootstrap.ts';
import { studentQuantile, studentUpperTail } from './distributions.ts';
import type { Interval } from './interval.ts';

export interface PairedTResult extends Interval {
  /** One-sided p-value of "the mean difference is not positive". */
  readonly pGreater: number;
  readonly standardError: number;
  readonly freedom: number;
}

/**
 * Paired t interval of a mean difference, one difference per seed; at least two are needed.
 * `confidence` is that of each bound alone. Source: Student, The probable error of a mean, Biometrika 6 (1908).
 */
export function pairedT(differences: readonly number[], confidence: number): PairedTResult {
  const freedom = differences.length - 1;
  const estimate = mean(differences);
  const standardError = Math.sqrt(variance(differences) / differences.length);
  const half = studentQuantile(confidence, freedom) * standardError;
  return {
    estimate,
    lower: estimate - half,
    upper: estimate + half,
    pGreater:
      standardError === 0 ? degenerateP(estimate) : studentUpperTail(estimate / standardError, freedom),
    standardError,
    freedom,
  };
}

/** All differences equal: their sign is all there is. */
function degenerateP(estimate: number): number {
  if (estimate === 0) return 0.5;
  return estimate > 0 ? 0 : 1;
}
