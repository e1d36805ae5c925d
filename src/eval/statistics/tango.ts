import { normalQuantile } from './distributions.ts';
import type { Interval } from './interval.ts';

/** Paired yes/no outcomes: how many pairs only the first won, only the second won, and all pairs. */
export interface PairedCounts {
  readonly gained: number;
  readonly lost: number;
  readonly n: number;
}

/**
 * Score statistic of "the proportions differ by delta": approximately standard normal when they do.
 * Source: Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample
 * design, Statistics in Medicine 17 (1998), 891-908. At delta = 0 it is McNemar's.
 */
export function tangoStatistic({ gained, lost, n }: PairedCounts, delta: number): number {
  const linear = -gained - lost + (2 * n - gained + lost) * delta;
  const constant = -lost * delta * (1 - delta);
  const losing = (Math.sqrt(Math.max(0, linear ** 2 - 8 * n * constant)) - linear) / (4 * n);
  const variance = n * (2 * losing + delta * (1 - delta));
  const distance = gained - lost - n * delta;
  if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Number.POSITIVE_INFINITY;
  return distance / Math.sqrt(variance);
}

/**
 * Score interval of the difference of two paired proportions (first minus second), found by bisection to double precision;
 * `confidence` is that of each bound alone. Unlike a Wald interval it has a width when no pair is discordant.
 */
export function tangoInterval(counts: PairedCounts, confidence: number): Interval {
  const z = normalQuantile(confidence);
  const estimate = (counts.gained - counts.lost) / counts.n;
  const solve = (target: number, low: number, high: number): number => {
    for (let step = 0; step < 100; step++) {
      const middle = (low + high) / 2;
      if (tangoStatistic(counts, middle) > target) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return { estimate, lower: solve(z, -1, estimate), upper: solve(-z, estimate, 1) };
}
