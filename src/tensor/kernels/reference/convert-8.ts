import type { Dtype } from '../../dtype.ts';
import { bitsOfF32, f32OfBits, roundHalfEven } from './convert-16.ts';

/** The eight-bit floats that can be rounded to. */
export type RoundableF8 = 'F8_E4M3' | 'F8_E5M2' | 'F8_E4M3FNUZ' | 'F8_E5M2FNUZ';

/** How an eight-bit float is made up. */
export interface F8Shape {
  /** Bits of the fraction. */
  readonly fraction: number;
  readonly bias: number;
  /** The code of the largest finite number. */
  readonly largest: number;
  /** What replaces numbers that round beyond it. */
  readonly overflow: number;
  readonly nan: number;
  /** 0x80 where negative zero exists, else 0. */
  readonly signed: number;
}

/**
 * Source: "FP8 formats for deep learning" (Micikevicius et al., 2022) and "8-bit numerical formats for deep neural networks"
 * (Noune et al., 2022). Numbers that are too large become NaN or infinity, as PyTorch does it, never silently the largest.
 */
export const F8_SHAPES: Readonly<Record<RoundableF8, F8Shape>> = {
  F8_E4M3: { fraction: 3, bias: 7, largest: 0x7e, overflow: 0x7f, nan: 0x7f, signed: 0x80 },
  F8_E5M2: { fraction: 2, bias: 15, largest: 0x7b, overflow: 0x7c, nan: 0x7e, signed: 0x80 },
  F8_E4M3FNUZ: { fraction: 3, bias: 8, largest: 0x7f, overflow: 0x80, nan: 0x80, signed: 0 },
  F8_E5M2FNUZ: { fraction: 2, bias: 16, largest: 0x7f, overflow: 0x80, nan: 0x80, signed: 0 },
};

/** True for the eight-bit floats that {@link narrowF8} rounds to. */
export function isRoundableF8(dtype: Dtype): dtype is RoundableF8 {
  return Object.hasOwn(F8_SHAPES, dtype);
}

/** The bits of an F32 for a code of an eight-bit float. Exact; NaNs become canonical. */
export function widenF8(dtype: RoundableF8 | 'F8_E8M0', code: number): number {
  if (dtype === 'F8_E8M0') return bitsOfF32(code === 255 ? Number.NaN : 2 ** (code - 127));
  const { fraction, bias, largest, nan, signed } = F8_SHAPES[dtype];
  const magnitude = code & 0x7f;
  if (code === nan || (signed !== 0 && magnitude > largest))
    return bitsOfF32(dtype === 'F8_E5M2' && magnitude === 0x7c ? infinity(code) : Number.NaN);
  const exponent = magnitude >> fraction;
  const units = (magnitude & ((1 << fraction) - 1)) + (exponent === 0 ? 0 : 1 << fraction);
  const value = units * 2 ** (Math.max(1, exponent) - bias - fraction);
  return bitsOfF32(code >= 0x80 ? -value : value);
}

function infinity(code: number): number {
  return code >= 0x80 ? -Infinity : Infinity;
}

/** The code nearest to the F32 with these bits, ties to even. */
export function narrowF8(dtype: RoundableF8, bits: number): number {
  const { fraction, bias, largest, overflow, nan, signed } = F8_SHAPES[dtype];
  const value = f32OfBits(bits);
  if (Number.isNaN(value)) return nan;
  const exponent = Math.max(1 - bias, ((bits >>> 23) & 255) - 127);
  const units = roundHalfEven(Math.abs(value) * 2 ** (fraction - exponent));
  const rounded = units + (exponent + bias - 1) * 2 ** fraction;
  const code = rounded > largest ? overflow : rounded;
  if (code === nan || (code === 0 && signed === 0)) return code;
  return bits >>> 31 === 1 ? code | 0x80 : code;
}

/** The F32 values of all 256 codes. */
export function f8Table(dtype: RoundableF8 | 'F8_E8M0'): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, code) => widenF8(dtype, code));
}
