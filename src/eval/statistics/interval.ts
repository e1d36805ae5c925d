/**
 * An estimate with one-sided bounds: with the stated confidence the true value is above `lower`, and with the same confidence,
 * taken by itself, below `upper`. Together they are a two-sided interval of confidence 2c - 1.
 */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}
