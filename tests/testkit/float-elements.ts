import type { FLOAT_DTYPES } from '../../src/merge/float-dtypes.ts';
import { narrowF8, widenF8 } from '../../src/tensor/kernels/reference/convert-8.ts';
import {
  bitsOfF32,
  f32OfBits,
  narrowBf16,
  narrowF16,
  widenBf16,
  widenF16,
} from '../../src/tensor/kernels/reference/convert-16.ts';

/** Float dtypes that tests merge. */
export type FloatDtype = (typeof FLOAT_DTYPES)[number];

/** Bits of the mantissa after the leading one. */
export function mantissaBits(dtype: FloatDtype): number {
  return { F64: 52, F32: 23, F16: 10, BF16: 7, F8_E4M3: 3, F8_E5M2: 2, F8_E4M3FNUZ: 3, F8_E5M2FNUZ: 2 }[
    dtype
  ];
}

/** Little-endian elements from numbers, rounded to nearest even. */
export function encodeElements(dtype: FloatDtype, values: readonly number[]): Uint8Array {
  const bits = values.map(bitsOfF32);
  switch (dtype) {
    case 'F64':
      return new Uint8Array(Float64Array.from(values).buffer);
    case 'F32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'F16':
      return new Uint8Array(Uint16Array.from(bits.map(narrowF16)).buffer);
    case 'BF16':
      return new Uint8Array(Uint16Array.from(bits.map(narrowBf16)).buffer);
    default:
      return Uint8Array.from(bits.map(pattern => narrowF8(dtype, pattern)));
  }
}

/** The numbers that little-endian elements stand for. */
export function decodeElements(dtype: FloatDtype, bytes: Uint8Array): readonly number[] {
  const copy = Uint8Array.from(bytes);
  switch (dtype) {
    case 'F64':
      return [...new Float64Array(copy.buffer)];
    case 'F32':
      return [...new Float32Array(copy.buffer)];
    case 'F16':
      return [...new Uint16Array(copy.buffer)].map(bits => f32OfBits(widenF16(bits)));
    case 'BF16':
      return [...new Uint16Array(copy.buffer)].map(bits => f32OfBits(widenBf16(bits)));
    default:
      return [...copy].map(code => f32OfBits(widenF8(dtype, code)));
  }
}
