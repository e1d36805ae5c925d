import { exponential, logarithm } from '../../elementary-functions.ts';
import type { Floats } from './merge.ts';

/** A row of weights as a distribution: e^(weight - shift) / sum. */
export interface RowScale {
  readonly shift: number;
  readonly sum: number;
}

/** What `sumExponentialsF32` and `sumExponentialsF64` compute. */
export function sumExponentials(source: Floats, shift: number): number {
  let sum = 0;
  for (const value of source) sum += exponential(value - shift);
  return sum;
}

/** What `sumDivergenceF32` and `sumDivergenceF64` compute. */
export function sumDivergence(
  [left, right]: readonly [Floats, Floats],
  [leftScale, rightScale]: readonly [RowScale, RowScale],
  eps: number,
): number {
  const probability = (value: number, { shift, sum }: RowScale): number =>
    exponential(value - shift) / sum + eps;
  let total = 0;
  for (const [i, value] of left.entries()) {
    const p = probability(value, leftScale);
    total += p * logarithm(p / probability(right[i] ?? 0, rightScale));
  }
  return total;
}

/** What `chooseAtLeastF32` and `chooseAtLeastF64` compute. */
export function chooseAtLeast(
  target: Floats,
  [source, scores]: readonly [Floats, Floats],
  threshold: number,
): void {
  for (const [i, score] of scores.entries()) if (score >= threshold) target[i] = source[i] ?? 0;
}
