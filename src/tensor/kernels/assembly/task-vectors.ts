// Sums over two task vectors (left - base, right - base), in f64: element i goes to lane i modulo 2, the lanes are added at the end.
// The scalar reference is src/tensor/kernels/reference/task-vectors.ts.

let squaresLeft: v128, squaresRight: v128, products: v128, opposed: v128, moved: v128;

function clear(): void {
  squaresLeft = squaresRight = products = f64x2.splat(0);
  opposed = moved = i64x2.splat(0);
}

// @ts-ignore: decorator
@inline
function take(base: v128, left: v128, right: v128): void {
  const l = f64x2.sub(left, base), r = f64x2.sub(right, base), zero = f64x2.splat(0);
  squaresLeft = f64x2.add(squaresLeft, f64x2.mul(l, l));
  squaresRight = f64x2.add(squaresRight, f64x2.mul(r, r));
  products = f64x2.add(products, f64x2.mul(l, r));
  const up = v128.and(f64x2.gt(l, zero), f64x2.lt(r, zero)), down = v128.and(f64x2.lt(l, zero), f64x2.gt(r, zero));
  opposed = i64x2.sub(opposed, v128.or(up, down));
  moved = i64x2.sub(moved, v128.and(f64x2.ne(l, zero), f64x2.ne(r, zero)));
}

function finish(result: usize): void {
  store<f64>(result, f64x2.extract_lane(squaresLeft, 0) + f64x2.extract_lane(squaresLeft, 1));
  store<f64>(result, f64x2.extract_lane(squaresRight, 0) + f64x2.extract_lane(squaresRight, 1), 8);
  store<f64>(result, f64x2.extract_lane(products, 0) + f64x2.extract_lane(products, 1), 16);
  store<f64>(result, <f64>(i64x2.extract_lane(opposed, 0) + i64x2.extract_lane(opposed, 1)), 24);
  store<f64>(result, <f64>(i64x2.extract_lane(moved, 0) + i64x2.extract_lane(moved, 1)), 32);
}

/**
 * Writes five f64 to `result`: sum of squares of left - base, of right - base, sum of their products, how many elements moved in
 * opposite directions, how many moved in both.
 */
export function taskVectorSumsF32(result: usize, base: usize, left: usize, right: usize, count: usize): void {
  clear();
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const at = i << 2;
    take(
      f64x2.promote_low_f32x4(v128.load64_zero(base + at)),
      f64x2.promote_low_f32x4(v128.load64_zero(left + at)),
      f64x2.promote_low_f32x4(v128.load64_zero(right + at)),
    );
  }
  // A last odd element shares its vector with a zero that adds nothing.
  if (i < count) {
    const at = i << 2;
    take(
      f64x2.promote_low_f32x4(v128.load32_zero(base + at)),
      f64x2.promote_low_f32x4(v128.load32_zero(left + at)),
      f64x2.promote_low_f32x4(v128.load32_zero(right + at)),
    );
  }
  finish(result);
}

/** As {@link taskVectorSumsF32}, on f64 elements. */
export function taskVectorSumsF64(result: usize, base: usize, left: usize, right: usize, count: usize): void {
  clear();
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const at = i << 3;
    take(v128.load(base + at), v128.load(left + at), v128.load(right + at));
  }
  if (i < count) {
    const at = i << 3;
    take(v128.load64_zero(base + at), v128.load64_zero(left + at), v128.load64_zero(right + at));
  }
  finish(result);
}

/** How many of `count` f32 elements are NaN or infinite: all bits of the exponent are set. */
export function countNonFinite32(source: usize, count: usize): u32 {
  const bits = i32x4.splat(0x7f800000);
  const end: usize = count << 2, whole: usize = end & ~15;
  let found: u32 = 0;
  let at: usize = 0;
  for (; at < whole; at += 16)
    found += popcnt<u32>(<u32>i32x4.bitmask(i32x4.eq(v128.and(v128.load(source + at), bits), bits)));
  for (; at < end; at += 4) if ((load<u32>(source + at) & 0x7f800000) == 0x7f800000) found++;
  return found;
}

/** As {@link countNonFinite32}, for f64. */
export function countNonFinite64(source: usize, count: usize): u32 {
  let found: u32 = 0;
  for (let i: usize = 0; i < count; i++)
    if ((load<u64>(source + (i << 3)) & 0x7ff0000000000000) == 0x7ff0000000000000) found++;
  return found;
}

/** How many of `count` 16-bit floats are NaN or infinite: all bits of `exponent`, the mask of their exponents, are set. */
export function countNonFinite16(source: usize, count: usize, exponent: u32): u32 {
  const mask = <u16>exponent;
  const bits = i16x8.splat(<i16>mask);
  const end: usize = count << 1, whole: usize = end & ~15;
  let found: u32 = 0;
  let at: usize = 0;
  for (; at < whole; at += 16)
    found += popcnt<u32>(<u32>i16x8.bitmask(i16x8.eq(v128.and(v128.load(source + at), bits), bits)));
  for (; at < end; at += 2) if ((load<u16>(source + at) & mask) == mask) found++;
  return found;
}
