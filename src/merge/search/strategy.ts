/** Points of the unit box, a coordinate from 0 to 1 for each dimension. */
export type Points = readonly Float64Array[];

/** A point that was tried, and what came of it: more is better; -Infinity for what is no result. */
export interface Scored {
  readonly point: Float64Array;
  readonly score: number;
}

/** Says which points to try next. It depends on nothing but what it was made of and told. */
export interface SearchStrategy {
  /** The next points, none when there is nothing left to try. */
  ask(): Points;
  /** The results of all points that were asked for last, in their order. */
  tell(scored: readonly Scored[]): void;
}

/** Euclidean length. */
export function norm(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
