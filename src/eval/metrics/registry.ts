import { accuracy } from './accuracy.ts';
import { loss } from './loss.ts';
import type { ItemOutcome, Metric } from './outcome.ts';

/** All metrics of image classification. */
export const METRICS: readonly Metric[] = [accuracy, loss];

/** Every metric's mean over the items. */
export function computeMetrics(items: readonly ItemOutcome[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    METRICS.map(({ name, perItem }) => [
      name,
      items.reduce((sum, item) => sum + perItem(item), 0) / items.length,
    ]),
  );
}
