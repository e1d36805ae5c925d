/** A view of one float's bits. */
const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);
const NAN_BITS = 0x7fc00000;

/** The bits of an F32 for those of an F16. Exact; NaNs become canonical. Source: IEEE 754-2019, 3.4. */
export function widenF16(bits: number): number {
  const sign = (bits & 0x8000) !== 0 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? bitsOfF32(sign * Infinity) : NAN_BITS;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bitsOfF32(sign * magnitude);
}

/** The bits of the F16 nearest to the F32 with these bits, ties to even; NaNs become canonical. */
export function narrowF16(bits: number): number {
  const value = f32OfBits(bits);
  if (Number.isNaN(value)) return 0x7e00;
  const sign = bits >>> 31 === 1 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, ((bits >>> 23) & 255) - 127);
  const units = roundHalfEven(magnitude * 2 ** (10 - exponent));
  return sign | (units + (exponent + 14) * 1024);
}

/** The bits of an F32 for those of a BF16. Exact; NaNs become canonical. */
export function widenBf16(bits: number): number {
  const wide = (bits << 16) >>> 0;
  return Number.isNaN(f32OfBits(wide)) ? NAN_BITS : wide;
}

/** The bits of the BF16 nearest to the F32 with these bits, ties to even; NaNs become canonical. */
export function narrowBf16(bits: number): number {
  if (Number.isNaN(f32OfBits(bits))) return 0x7fc0;
  return roundHalfEven(bits / 65536);
}

/** The F32 with these bits. */
export function f32OfBits(bits: number): number {
  BITS[0] = bits;
  return FLOAT[0] as number;
}

/** The bits of a number rounded to F32; NaNs become canonical. */
export function bitsOfF32(value: number): number {
  if (Number.isNaN(value)) return NAN_BITS;
  FLOAT[0] = value;
  return BITS[0] as number;
}

/** The nearest integer to a number that is not negative; halves go to the even one. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
