// Sums and histograms that merge methods take of their inputs before they write, accumulated in f64 whatever the elements are.
// The scalar reference is src/tensor/kernels/reference/reduce.ts; both give the same bits for every count.

// @ts-ignore: decorator
@inline
function load2<T>(source: usize, i: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(source + (i << 3));
  return f64x2.promote_low_f32x4(v128.load64_zero(source + (i << 2)));
}

// @ts-ignore: decorator
@inline
function productAt<T>(left: usize, right: usize, i: usize): f64 {
  return <f64>load<T>(left + i * sizeof<T>()) * <f64>load<T>(right + i * sizeof<T>());
}

function sumProductsOf<T>(left: usize, right: usize, count: usize): f64 {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    low = f64x2.add(low, f64x2.mul(load2<T>(left, i), load2<T>(right, i)));
    high = f64x2.add(high, f64x2.mul(load2<T>(left, i + 2), load2<T>(right, i + 2)));
  }
  let lane0 = f64x2.extract_lane(low, 0), lane1 = f64x2.extract_lane(low, 1), lane2 = f64x2.extract_lane(high, 0);
  if (i < count) lane0 += productAt<T>(left, right, i);
  if (i + 1 < count) lane1 += productAt<T>(left, right, i + 1);
  if (i + 2 < count) lane2 += productAt<T>(left, right, i + 2);
  return lane0 + lane1 + (lane2 + f64x2.extract_lane(high, 1));
}

function addProductsOf<T>(sums: usize, left: usize, right: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const at = sums + (i << 3);
    v128.store(at, f64x2.add(v128.load(at), f64x2.mul(load2<T>(left, i), load2<T>(right, i))));
  }
  if (i < count) store<f64>(sums + (i << 3), load<f64>(sums + (i << 3)) + productAt<T>(left, right, i));
}

/** Sum of left[i] * right[i]: product i goes to lane i modulo 4; the lanes are added as (0 + 1) + (2 + 3). */
export function sumProductsF32(left: usize, right: usize, count: usize): f64 {
  return sumProductsOf<f32>(left, right, count);
}
export function sumProductsF64(left: usize, right: usize, count: usize): f64 {
  return sumProductsOf<f64>(left, right, count);
}

/** sums[i] += left[i] * right[i], the sums being f64 */
export function addProductsF32(sums: usize, left: usize, right: usize, count: usize): void {
  addProductsOf<f32>(sums, left, right, count);
}
export function addProductsF64(sums: usize, left: usize, right: usize, count: usize): void {
  addProductsOf<f64>(sums, left, right, count);
}

/**
 * counts[d] += how many elements have the 16 bits d at place `digit` (0 the most significant) after the bits `prefix`. The counts are
 * 65536 u64.
 */
export function histogramF32(counts: usize, source: usize, count: usize, digit: u32, prefix: f64): void {
  const wanted = <u32>prefix;
  for (let i: usize = 0; i < count; i++) {
    const bits = load<u32>(source + (i << 2));
    if (digit != 0 && bits >> 16 != wanted) continue;
    const at = counts + (<usize>(digit == 0 ? bits >> 16 : bits & 0xffff) << 3);
    store<u64>(at, load<u64>(at) + 1);
  }
}
export function histogramF64(counts: usize, source: usize, count: usize, digit: u32, prefix: f64): void {
  const wanted = <u64>prefix, shift = <u64>(48 - 16 * digit);
  for (let i: usize = 0; i < count; i++) {
    const bits = load<u64>(source + (i << 3)) >> shift;
    if (digit != 0 && bits >> 16 != wanted) continue;
    const at = counts + (<usize>(bits & 0xffff) << 3);
    store<u64>(at, load<u64>(at) + 1);
  }
}
