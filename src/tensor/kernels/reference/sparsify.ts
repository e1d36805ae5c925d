import type { Floats } from './merge.ts';

/** The magnitudes between which `keepRanked` keeps elements, and what becomes of those that equal one. */
export interface RankState {
  readonly low: number;
  readonly high: number;
  /** Of the elements that equal `low`, the first so many are kept; of those that equal `high`, the first so many are not. */
  readonly kept: number;
  readonly skipped: number;
  seenLow: number;
  seenHigh: number;
}

/** What `keepRankedF32` and `keepRankedF64` compute. */
export function keepRanked(target: Floats, state: RankState): void {
  for (const [i, value] of target.entries()) {
    const size = Math.abs(value);
    const isLowKept = size !== state.low || state.seenLow++ < state.kept;
    const isHighKept = size !== state.high || state.seenHigh++ >= state.skipped;
    if (size < state.low || size > state.high || !isLowKept || !isHighKept) target[i] = 0;
  }
}

/** What `keepAboveF32` and `keepAboveF64` compute. */
export function keepAbove(target: Floats, threshold: number): void {
  for (const [i, value] of target.entries()) if (!(Math.abs(value) > threshold)) target[i] = 0;
}

/** What `keepAgreeingF32` and `keepAgreeingF64` compute. */
export function keepAgreeing(target: Floats, totals: Floats): void {
  for (const [i, value] of target.entries())
    if (Math.sign(value) !== ((totals[i] ?? 0) >= 0 ? 1 : -1)) target[i] = 0;
}

/** What `markNonZeroF32` and `markNonZeroF64` compute. */
export function markNonZero(target: Floats, source: Floats, mark: number): void {
  for (const [i, value] of source.entries()) target[i] = value === 0 ? 0 : mark;
}

/** What `signsF32` and `signsF64` compute. */
export function signs(target: Floats, source: Floats): void {
  for (const [i, value] of source.entries()) target[i] = value > 0 ? 1 : value < 0 ? -1 : 0;
}

/** What `divideWhereNonZeroF32` and `divideWhereNonZeroF64` compute. */
export function divideWhereNonZero(target: Floats, divisors: Floats): void {
  for (const [i, divisor] of divisors.entries()) target[i] = (target[i] ?? 0) / (divisor === 0 ? 1 : divisor);
}

/** What `sumMagnitudesF32` and `sumMagnitudesF64` compute: element i goes to lane i modulo 4, in float64. */
export function sumMagnitudes(source: Floats): number {
  const [a, b, c, d] = [0, 1, 2, 3].map(first => {
    let lane = 0;
    for (let i = first; i < source.length; i += 4) lane += Math.abs(source[i] ?? 0);
    return lane;
  }) as [number, number, number, number];
  return a + b + (c + d);
}
