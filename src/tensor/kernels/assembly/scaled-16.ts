// Products of F16 and BF16 elements with a factor, in F32: widening and arithmetic in one pass over memory.
// The scalar reference is that of widening (convert-16.ts) and of arithmetic (merge.ts), one after the other; both give the same bits.

import { highBf16, loadBf16, lowBf16, oneBf16, widenF16 } from './convert-16';

// @ts-ignore: decorator
@inline
function oneF16(source: usize): f32 {
  return f32x4.extract_lane(widenF16(i32x4.splat(load<u16>(source))), 0);
}

/** target[i] = source[i] * factor: F16 to F32 */
export function mergeScaleF16(target: usize, source: usize, count: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(target + (i << 2), f32x4.mul(widenF16(v128.load16x4_u(source + (i << 1))), factors));
  for (; i < count; i++) store<f32>(target + (i << 2), oneF16(source + (i << 1)) * factor);
}

/** target[i] += source[i] * factor, the product rounded before the sum: F16 to F32 */
export function mergeAddScaledF16(target: usize, source: usize, count: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const products = f32x4.mul(widenF16(v128.load16x4_u(source + (i << 1))), factors);
    v128.store(target + (i << 2), f32x4.add(v128.load(target + (i << 2)), products));
  }
  for (; i < count; i++)
    store<f32>(target + (i << 2), load<f32>(target + (i << 2)) + oneF16(source + (i << 1)) * factor);
}

/** target[i] = source[i] * factor: BF16 to F32 */
export function mergeScaleBf16(target: usize, source: usize, count: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end = source + (count << 1), whole = source + ((count & ~7) << 1);
  for (; source < whole; source += 16) {
    const bits = loadBf16(source);
    v128.store(target, f32x4.mul(lowBf16(bits), factors));
    v128.store(target, f32x4.mul(highBf16(bits), factors), 16);
    target += 32;
  }
  for (; source < end; source += 2) {
    store<f32>(target, oneBf16(source) * factor);
    target += 4;
  }
}

/** target[i] += source[i] * factor, the product rounded before the sum: BF16 to F32 */
export function mergeAddScaledBf16(target: usize, source: usize, count: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end = source + (count << 1), whole = source + ((count & ~7) << 1);
  for (; source < whole; source += 16) {
    const bits = loadBf16(source);
    v128.store(target, f32x4.add(v128.load(target), f32x4.mul(lowBf16(bits), factors)));
    v128.store(target, f32x4.add(v128.load(target, 16), f32x4.mul(highBf16(bits), factors)), 16);
    target += 32;
  }
  for (; source < end; source += 2) {
    store<f32>(target, load<f32>(target) + oneBf16(source) * factor);
    target += 4;
  }
}
