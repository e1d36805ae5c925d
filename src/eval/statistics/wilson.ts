import { normalQuantile } from './distributions.ts';
import type { Interval } from './interval.ts';

/**
 * Score interval of a proportion; `confidence` is that of each bound alone.
 * Source: Wilson, Probable inference, JASA 22 (1927).
 */
export function wilsonInterval(successes: number, n: number, confidence: number): Interval {
  const z = normalQuantile(confidence);
  const p = successes / n;
  const scale = 1 + z ** 2 / n;
  const center = (p + z ** 2 / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  return { estimate: p, lower: Math.max(0, center - half), upper: Math.min(1, center + half) };
}
