/** Elements of a working space: one of these two is also the unit of arithmetic. */
export type Floats = Float32Array | Float64Array;

/** Rounds a float64 result to the array's element type. Exact products and sums of f32 fit f64 well enough that one rounding remains. */
function rounding(target: Floats): (value: number) => number {
  return target instanceof Float32Array ? Math.fround : value => value;
}

/** target[i] = source[i] * factor */
export function scale(target: Floats, source: Floats, factor: number): void {
  for (const [i, value] of source.entries()) target[i] = value * factor;
}

/** target[i] += source[i] * factor, the product rounded before the sum. */
export function addScaled(target: Floats, source: Floats, factor: number): void {
  const round = rounding(target);
  for (const [i, value] of source.entries()) target[i] = (target[i] ?? 0) + round(value * factor);
}

/** target[i] += source[i] */
export function add(target: Floats, source: Floats): void {
  for (const [i, value] of source.entries()) target[i] = (target[i] ?? 0) + value;
}

/** target[i] -= source[i] */
export function subtract(target: Floats, source: Floats): void {
  for (const [i, value] of source.entries()) target[i] = (target[i] ?? 0) - value;
}

/** target[i] *= source[i] */
export function multiply(target: Floats, source: Floats): void {
  for (const [i, value] of source.entries()) target[i] = (target[i] ?? 0) * value;
}

/** target[i] = |target[i]| */
export function absolute(target: Floats): void {
  for (const [i, value] of target.entries()) target[i] = Math.abs(value);
}

/** target[i] = numerator / target[i] */
export function divideInto(target: Floats, numerator: number): void {
  for (const [i, value] of target.entries()) target[i] = numerator / value;
}

/** target[i] = 1 - source[i] */
export function complement(target: Floats, source: Floats): void {
  for (const [i, value] of source.entries()) target[i] = 1 - value;
}

/** target[i] = target[i], at least 0 and at most 1; NaN becomes 1. */
export function clampToUnit(target: Floats): void {
  for (const [i, value] of target.entries())
    target[i] = Number.isNaN(value) ? 1 : Math.min(1, Math.max(0, value));
}

/** target[i] /= divisor */
export function divide(target: Floats, divisor: number): void {
  for (const [i, value] of target.entries()) target[i] = value / divisor;
}

/** Replaces every NaN by the positive quiet one without payload. */
export function canonicalNan(target: Floats): void {
  const bits =
    target instanceof Float32Array
      ? new Uint32Array(target.buffer, target.byteOffset, target.length)
      : new BigUint64Array(target.buffer, target.byteOffset, target.length);
  for (const [i, value] of target.entries())
    if (Number.isNaN(value)) bits[i] = bits instanceof Uint32Array ? 0x7fc00000 : 0x7ff8000000000000n;
}
