import type { Interval } from './interval.ts';
import { seededBelow } from './random.ts';

/** How often the sample is drawn again: less often when it is so large that its mean is normal anyway. */
function resamplesFor(n: number): number {
  return Math.min(10_000, Math.max(1_000, Math.floor(2e8 / n)));
}

export interface BootstrapResult extends Interval {
  /** One-sided p-value of "the mean difference is not positive". */
  readonly pGreater: number;
  /** Standard error of the mean difference. */
  readonly standardError: number;
}

/**
 * Percentile bootstrap of the mean of paired differences, seeded, so that the same differences give the same bounds everywhere.
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13; p-value with the +1 of Davison and
 * Hinkley (1997), equation 4.11.
 */
export function pairedBootstrap(
  differences: readonly number[],
  confidence: number,
  seed = 1,
): BootstrapResult {
  const means = resampledMeans(differences, seed);
  const estimate = mean(differences);
  const atOrBelow = countAtOrBelow(means, 0);
  return {
    estimate,
    lower: quantile(means, 1 - confidence),
    upper: quantile(means, confidence),
    pGreater: (atOrBelow + 1) / (means.length + 1),
    standardError: Math.sqrt(variance(differences) / differences.length),
  };
}

/** Arithmetic mean. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Unbiased variance; 0 for fewer than two values. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - center) ** 2;
  return sum / (values.length - 1);
}

function resampledMeans(differences: readonly number[], seed: number): Float64Array {
  const draw = seededBelow(seed, differences.length);
  const means = new Float64Array(resamplesFor(differences.length));
  for (let resample = 0; resample < means.length; resample++) {
    let sum = 0;
    for (let index = 0; index < differences.length; index++) sum += differences[draw()] as number;
    means[resample] = sum / differences.length;
  }
  return means.sort();
}

function quantile(sorted: Float64Array, p: number): number {
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1));
  return sorted[index] as number;
}

function countAtOrBelow(sorted: Float64Array, limit: number): number {
  let count = 0;
  while (count < sorted.length && (sorted[count] as number) <= limit) count++;
  return count;
}
