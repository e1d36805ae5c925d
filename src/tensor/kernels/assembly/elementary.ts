// exp and log in f64, of version 1: the same operations in the same order as src/tensor/elementary-functions.ts, which is the reference.

const LN_2_HIGH: f64 = 0.6931471824645996;
const LN_2_LOW: f64 = -1.904654299957768e-9;
const SQRT_2: f64 = 1.4142135623730951;

// @ts-ignore: decorator
@inline
function powerOfTwo(exponent: i64): f64 {
  return reinterpret<f64>((exponent + 1023) << 52);
}

/** e^x, for x of at most 0 */
export function exponential(x: f64): f64 {
  if (x < -746.0) return 0;
  const halvings = floor(x / (LN_2_HIGH + LN_2_LOW) + 0.5);
  const r = x - halvings * LN_2_HIGH - halvings * LN_2_LOW;
  let sum: f64 = 1.0 / 87178291200.0;
  sum = sum * r + 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  const half = floor(halvings / 2);
  return sum * powerOfTwo(<i64>half) * powerOfTwo(<i64>(halvings - half));
}

/** ln x, for a positive normal x */
export function logarithm(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <f64>(<i64>(bits >> 52) - 1023);
  let fraction = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (fraction > SQRT_2) {
    fraction /= 2;
    exponent += 1;
  }
  const s = (fraction - 1) / (fraction + 1), square = s * s;
  let sum = square * (1.0 / 23.0);
  sum = square * (1.0 / 21.0 + sum);
  sum = square * (1.0 / 19.0 + sum);
  sum = square * (1.0 / 17.0 + sum);
  sum = square * (1.0 / 15.0 + sum);
  sum = square * (1.0 / 13.0 + sum);
  sum = square * (1.0 / 11.0 + sum);
  sum = square * (1.0 / 9.0 + sum);
  sum = square * (1.0 / 7.0 + sum);
  sum = square * (1.0 / 5.0 + sum);
  sum = square * (1.0 / 3.0 + sum);
  return exponent * LN_2_HIGH + (2 * (s + s * sum) + exponent * LN_2_LOW);
}
