import { MgitError } from '../base/errors.ts';

/** Element types, by the names safetensors gives them. Source: safetensors `Dtype` (0.7). */
export const DTYPE_BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** An element type. */
export type Dtype = keyof typeof DTYPE_BITS;

/** Reads an element type's name. Errors: `DTYPE_UNKNOWN`. */
export function parseDtype(name: string): Dtype {
  if (!Object.hasOwn(DTYPE_BITS, name))
    throw new MgitError('DTYPE_UNKNOWN', `unknown dtype ${JSON.stringify(name.slice(0, 40))}`);
  return name as Dtype;
}

/** Bits of one element. */
export function bitsOf(dtype: Dtype): number {
  return DTYPE_BITS[dtype];
}

/** Elements of a shape; the empty shape is a scalar and has one. Errors: `SHAPE_TOO_LARGE` beyond 2^53 - 1. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) count *= dimension;
  if (shape.includes(0)) return 0;
  if (!Number.isSafeInteger(count))
    throw new MgitError('SHAPE_TOO_LARGE', `shape [${shape}] has too many elements`);
  return count;
}

/**
 * Bytes of a dense tensor. Errors: `SHAPE_TOO_LARGE`; `DTYPE_MISALIGNED` when sub-byte elements do not fill whole bytes.
 */
export function byteLength(dtype: Dtype, shape: readonly number[]): number {
  const bits = elementCount(shape) * bitsOf(dtype);
  if (!Number.isSafeInteger(bits))
    throw new MgitError('SHAPE_TOO_LARGE', `shape [${shape}] of ${dtype} is too large`);
  if (bits % 8 !== 0)
    throw new MgitError('DTYPE_MISALIGNED', `${dtype} with shape [${shape}] does not fill whole bytes`);
  return bits / 8;
}

/** Bytes that hold this many elements, the last one filled up where elements are smaller than a byte. */
export function byteCount(dtype: Dtype, elements: number): number {
  return Math.ceil((elements * bitsOf(dtype)) / 8);
}
