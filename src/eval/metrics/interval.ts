import { normalQuantile } from '../statistics/distributions.ts';
import type { Interval } from '../statistics/interval.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import type { ItemOutcome, Metric } from './outcome.ts';

/** Of a two-sided interval. */
export const CONFIDENCE = 0.95;

/**
 * A metric with its two-sided interval over items: Wilson's for shares (every item counts 0 or 1), else normal by the items' standard
 * error. It describes one model; two models are compared item by item, which is far more exact (`mgit gate run`).
 */
export function metricInterval(metric: Metric, items: readonly ItemOutcome[]): Interval {
  const values = items.map(metric.perItem);
  const each = 1 - (1 - CONFIDENCE) / 2;
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.every(value => value === 0 || value === 1)) return wilsonInterval(sum, values.length, each);
  const mean = sum / values.length;
  const variance =
    values.reduce((total, value) => total + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const half = normalQuantile(each) * Math.sqrt(variance / values.length);
  return { estimate: mean, lower: mean - half, upper: mean + half };
}
