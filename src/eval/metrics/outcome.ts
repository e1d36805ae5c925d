/** How a model did on one item. */
export interface ItemOutcome {
  /** The same for the same item whatever the model and the selection: `test/17`. */
  readonly id: string;
  readonly correct: boolean;
  /** In nats. */
  readonly loss: number;
  /** The class with the largest logit; the first of equal ones. */
  readonly predicted: number;
}

/** One metric over all items. Registered in `registry.ts`. */
export interface Metric {
  readonly name: string;
  /** Which direction is an improvement. */
  readonly better: 'higher' | 'lower';
  /** The item's contribution: the metric is the mean of these. */
  readonly perItem: (item: ItemOutcome) => number;
}
