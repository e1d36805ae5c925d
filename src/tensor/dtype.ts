import { MgitError } from '../base/errors.ts';

/**
 * Bits of one element, by the names safetensors gives them; C128, which only other formats have, follows its pattern. From Q4_0
 * on, blocks of GGUF, by the names of ggml: quantised values that share a scale, opaque here. Sources: safetensors `Dtype` (0.7); `ggml-common.h`.
 */
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
  C128: 128,
  Q4_0: 4.5,
  Q4_1: 5,
  Q5_0: 5.5,
  Q5_1: 6,
  Q8_0: 8.5,
  Q8_1: 9,
  Q2_K: 2.625,
  Q3_K: 3.4375,
  Q4_K: 4.5,
  Q5_K: 5.5,
  Q6_K: 6.5625,
  Q8_K: 9.125,
  IQ1_S: 1.5625,
  IQ1_M: 1.75,
  IQ2_XXS: 2.0625,
  IQ2_XS: 2.3125,
  IQ2_S: 2.5625,
  IQ3_XXS: 3.0625,
  IQ3_S: 3.4375,
  IQ4_NL: 4.5,
  IQ4_XS: 4.25,
  TQ1_0: 1.6875,
  TQ2_0: 2.0625,
  MXFP4: 4.25,
} as const;

/** An element type. */
export type Dtype = keyof typeof DTYPE_BITS;

/** Values of a block whose bits cannot be told apart; 1 for numbers that stand alone. */
export function valuesPerBlock(dtype: Dtype): number {
  if (!/^(?:I?Q|TQ|MX)/.test(dtype)) return 1;
  return /_K$|^TQ|^IQ(?!4_NL)/.test(dtype) ? 256 : 32;
}

/** Reads an element type's name. Errors: `DTYPE_UNKNOWN`. */
export function parseDtype(name: string): Dtype {
  const dtype = dtypeNamed(name);
  if (dtype === undefined)
    throw new MgitError('DTYPE_UNKNOWN', `unknown dtype ${JSON.stringify(name.slice(0, 40))}`);
  return dtype;
}

/** The element type of this name; every time the same string, so that a million tensors do not hold a million of them. */
export function dtypeNamed(name: string): Dtype | undefined {
  return DTYPES.get(name);
}

const DTYPES: ReadonlyMap<string, Dtype> = new Map(
  (Object.keys(DTYPE_BITS) as Dtype[]).map(dtype => [dtype, dtype]),
);

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
  if (bits > Number.MAX_SAFE_INTEGER)
    throw new MgitError('SHAPE_TOO_LARGE', `shape [${shape}] of ${dtype} is too large`);
  if (bits % 8 !== 0)
    throw new MgitError('DTYPE_MISALIGNED', `${dtype} with shape [${shape}] does not fill whole bytes`);
  return bits / 8;
}

/** Bytes that hold this many elements, the last one filled up where elements are smaller than a byte. */
export function byteCount(dtype: Dtype, elements: number): number {
  return Math.ceil((elements * bitsOf(dtype)) / 8);
}
