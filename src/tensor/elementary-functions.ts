/**
 * Elementary functions that give the same bits on every engine, unlike `Math.sin` and its like: sums, products, quotients and square
 * roots of float64 alone, which IEEE 754 defines exactly. Errors stay within a few units in the last place. Frozen as version 1: merges
 * are recomputed with them. Source: argument reduction of Cody and Waite, and Taylor's series (Muller, Elementary Functions, 2016).
 */

/** Pi / 2 and ln 2 in parts, of which the first ones have 24 bits: their products with small integers are exact. */
const HALF_PI = [1.5707963705062866, -4.371138828673793e-8, -1.7151244994428829e-15] as const;
const LN_2 = [0.6931471824645996, -1.904654299957768e-9] as const;
/** 14! to 0!. */
const FACTORIALS = [
  87_178_291_200, 6_227_020_800, 479_001_600, 39_916_800, 3_628_800, 362_880, 40_320, 5040, 720, 120, 24, 6,
  2, 1, 1,
] as const;
/** The exponent of the smallest normal number, the largest exponent, and the bias. */
const [LOWEST, HIGHEST, BIAS] = [-1022, 1023, 1023];

/** The sine of an angle in radians, of less than 2^20 in magnitude. */
export function sine(angle: number): number {
  return sineAtQuarter(angle, 0);
}

/** The cosine of an angle in radians, of less than 2^20 in magnitude. */
export function cosine(angle: number): number {
  return sineAtQuarter(angle, 1);
}

/** The angle from 0 to pi whose cosine is `value`, which must not leave [-1, 1]. */
export function arcCosine(value: number): number {
  return 2 * arcTangent(Math.sqrt((1 - value) / (1 + value)));
}

/** e to the power of `exponent`. */
export function exponential(exponent: number): number {
  if (exponent > 709.79) return Infinity;
  if (exponent < -746) return 0;
  const halvings = Math.floor(exponent / (LN_2[0] + LN_2[1]) + 0.5);
  const rest = exponent - halvings * LN_2[0] - halvings * LN_2[1];
  let sum = 0;
  for (const factorial of FACTORIALS) sum = sum * rest + 1 / factorial;
  const half = Math.floor(halvings / 2); // In two steps: 2^1024 is no number, and 2^-1074 would round twice.
  return sum * powerOfTwo(half) * powerOfTwo(halvings - half);
}

/** The natural logarithm of a positive normal number. */
export function logarithm(value: number): number {
  let [exponent, fraction] = split(value);
  if (fraction > Math.SQRT2) {
    fraction /= 2;
    exponent++;
  }
  const s = (fraction - 1) / (fraction + 1);
  return exponent * LN_2[0] + (2 * oddSeries(s, 1, 23) + exponent * LN_2[1]);
}

/** sin(angle + quarters * pi / 2). */
function sineAtQuarter(angle: number, quarters: number): number {
  const turns = Math.round(angle / HALF_PI[0]);
  const rest = angle - turns * HALF_PI[0] - turns * HALF_PI[1] - turns * HALF_PI[2];
  const quadrant = (((turns + quarters) % 4) + 4) % 4;
  const value = quadrant % 2 === 0 ? sineSeries(rest) : cosineSeries(rest);
  return quadrant < 2 ? value : -value;
}

function sineSeries(x: number): number {
  let sum = 1;
  for (let n = 16; n > 0; n -= 2) sum = 1 - ((x * x) / (n * (n + 1))) * sum;
  return x * sum;
}

function cosineSeries(x: number): number {
  let sum = 1;
  for (let n = 17; n > 0; n -= 2) sum = 1 - ((x * x) / (n * (n + 1))) * sum;
  return sum;
}

/** The angle of a non-negative slope: halved twice, since the series is for small ones. */
function arcTangent(slope: number): number {
  if (slope > 1) return HALF_PI[0] - arcTangent(1 / slope) + (HALF_PI[1] + HALF_PI[2]);
  const halved = slope / (1 + Math.sqrt(1 + slope * slope));
  return 4 * oddSeries(halved / (1 + Math.sqrt(1 + halved * halved)), -1, 23);
}

/** x + sign x^3 / 3 + x^5 / 5 + sign x^7 / 7 + ... */
function oddSeries(x: number, sign: 1 | -1, last: number): number {
  let sum = 0;
  for (let n = last; n > 1; n -= 2) sum = sign * x * x * (1 / n + sum);
  return x + x * sum;
}

const VIEW = new DataView(new ArrayBuffer(8));

function powerOfTwo(exponent: number): number {
  const clamped = Math.min(HIGHEST, Math.max(LOWEST, exponent));
  VIEW.setBigUint64(0, BigInt(clamped + BIAS) << 52n);
  return VIEW.getFloat64(0);
}

/** The exponent, and the fraction in [1, 2). */
function split(value: number): [number, number] {
  VIEW.setFloat64(0, value);
  const exponent = (VIEW.getUint16(0) >> 4) - BIAS;
  return [exponent, value / powerOfTwo(exponent)];
}
