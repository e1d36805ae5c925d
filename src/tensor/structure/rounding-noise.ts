import type { PredictedDtype } from '../prediction.ts';

/** Bits of a significand after the point, and the exponent of the smallest normal number. */
const FORMATS = { F32: [23, -126], F16: [10, -14], BF16: [7, -126] } as const;

/** The variance of what rounding to a dtype added to a number: one unit in the last place, squared, by 12. */
export function roundingVariance(value: number, dtype: PredictedDtype): number {
  const [bits, smallest] = FORMATS[dtype];
  const exponent = value === 0 ? smallest : Math.max(smallest, Math.floor(Math.log2(Math.abs(value))));
  return 2 ** (2 * (exponent - bits)) / 12;
}
