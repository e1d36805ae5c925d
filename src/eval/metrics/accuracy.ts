import type { Metric } from './outcome.ts';

/** The share of items whose predicted class is right. */
export const accuracy: Metric = {
  name: 'accuracy',
  better: 'higher',
  perItem: ({ correct }) => (correct ? 1 : 0),
};
