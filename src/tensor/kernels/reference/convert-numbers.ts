const DOUBLE = new Float64Array(1);
const DOUBLE_BITS = new BigUint64Array(DOUBLE.buffer);
const NAN_BITS = 0x7ff8_0000_0000_0000n;

/** The bits of an F64; NaNs become canonical. */
export function bitsOfF64(value: number): bigint {
  if (Number.isNaN(value)) return NAN_BITS;
  DOUBLE[0] = value;
  return DOUBLE_BITS[0] as bigint;
}

/** The F64 nearest to a 64-bit integer, ties to even. `Number` of a bigint rounds so. Source: ECMAScript, Number(value). */
export function f64OfInteger(value: bigint): number {
  return Number(value);
}
