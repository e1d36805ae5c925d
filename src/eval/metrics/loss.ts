import type { Metric } from './outcome.ts';

/** Mean cross-entropy of the right class, in nats. */
export const loss: Metric = { name: 'loss', better: 'lower', perItem: item => item.loss };
