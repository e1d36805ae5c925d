// F16 and BF16 to F32 and back: round to nearest, ties to even; every NaN becomes the positive quiet one without payload.
// The scalar reference is src/tensor/kernels/reference/convert-16.ts; both give the same bits for every input.
// Source of the rounding by addition: IEEE 754-2019, 4.3.1; the subnormals borrow the adder's own rounding.

// @ts-ignore: decorator
@inline
function isNan(magnitude: v128): v128 {
  return i32x4.gt_s(magnitude, i32x4.splat(0x7f800000));
}

// @ts-ignore: decorator
@inline
export function widenF16(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const normal = i32x4.add(magnitude, i32x4.splat(112 << 23));
  const tiny = i32x4.splat(113 << 23);
  const subnormal = f32x4.sub(i32x4.add(magnitude, tiny), tiny);
  const special = v128.or(magnitude, i32x4.splat(0x7f800000));
  let value = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, i32x4.splat(1 << 23)));
  value = v128.bitselect(special, value, i32x4.ge_s(magnitude, i32x4.splat(31 << 23)));
  return v128.bitselect(i32x4.splat(0x7fc00000), v128.or(value, sign), isNan(value));
}

// @ts-ignore: decorator
@inline
function narrowF16(bits: v128): v128 {
  const magnitude = v128.and(bits, i32x4.splat(0x7fffffff));
  const sign = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(0x8000));
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const rounded = i32x4.add(i32x4.add(magnitude, odd), i32x4.splat(-(112 << 23) + 0xfff));
  const half = i32x4.splat(126 << 23);
  const subnormal = i32x4.sub(f32x4.add(magnitude, half), half);
  let value = v128.bitselect(subnormal, i32x4.shr_u(rounded, 13), i32x4.lt_s(magnitude, i32x4.splat(113 << 23)));
  value = v128.bitselect(i32x4.splat(0x7c00), value, i32x4.ge_s(magnitude, i32x4.splat(143 << 23)));
  return v128.bitselect(i32x4.splat(0x7e00), v128.or(value, sign), isNan(magnitude));
}

/** Eight BF16 elements, NaNs canonical. */
// @ts-ignore: decorator
@inline
export function loadBf16(source: usize): v128 {
  const bits = v128.load(source);
  const nans = i16x8.gt_s(v128.and(bits, i16x8.splat(0x7fff)), i16x8.splat(0x7f80));
  return v128.bitselect(i16x8.splat(0x7fc0), bits, nans);
}

/** The first four of eight BF16 elements as F32: the same bits, and zeros behind them. */
// @ts-ignore: decorator
@inline
export function lowBf16(bits: v128): v128 {
  return v128.shuffle<i16>(i16x8.splat(0), bits, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four, as {@link lowBf16}. */
// @ts-ignore: decorator
@inline
export function highBf16(bits: v128): v128 {
  return v128.shuffle<i16>(i16x8.splat(0), bits, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** One BF16 element as F32, NaNs canonical. */
// @ts-ignore: decorator
@inline
export function oneBf16(source: usize): f32 {
  const bits = <u32>load<u16>(source);
  return reinterpret<f32>((bits & 0x7fff) > 0x7f80 ? 0x7fc00000 : bits << 16);
}

// @ts-ignore: decorator
@inline
function narrowBf16(bits: v128): v128 {
  const odd = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(bits, odd), i32x4.splat(0x7fff)), 16);
  return v128.bitselect(rounded, i32x4.splat(0x7fc0), f32x4.eq(bits, bits));
}

/** target[i] = source[i]: F16 to F32, exact */
export function f16ToF32(target: usize, source: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) v128.store(target + (i << 2), widenF16(v128.load16x4_u(source + (i << 1))));
  for (; i < count; i++)
    store<i32>(target + (i << 2), i32x4.extract_lane(widenF16(i32x4.splat(load<u16>(source + (i << 1)))), 0));
}

/** target[i] = source[i]: BF16 to F32, exact */
export function bf16ToF32(target: usize, source: usize, count: usize): void {
  const end = source + (count << 1), whole = source + ((count & ~7) << 1);
  for (; source < whole; source += 16) {
    const bits = loadBf16(source);
    v128.store(target, lowBf16(bits));
    v128.store(target, highBf16(bits), 16);
    target += 32;
  }
  for (; source < end; source += 2) {
    store<f32>(target, oneBf16(source));
    target += 4;
  }
}

/** target[i] = source[i]: F32 to F16, rounded; beyond 65519 infinite */
export function f32ToF16(target: usize, source: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const low = narrowF16(v128.load(source + (i << 2))), high = narrowF16(v128.load(source + (i << 2), 16));
    v128.store(target + (i << 1), i16x8.narrow_i32x4_u(low, high));
  }
  for (; i < count; i++)
    store<u16>(target + (i << 1), <u16>i32x4.extract_lane(narrowF16(i32x4.splat(load<i32>(source + (i << 2)))), 0));
}

/** target[i] = source[i]: F32 to BF16, rounded */
export function f32ToBf16(target: usize, source: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const low = narrowBf16(v128.load(source + (i << 2))), high = narrowBf16(v128.load(source + (i << 2), 16));
    v128.store(target + (i << 1), i16x8.narrow_i32x4_u(low, high));
  }
  for (; i < count; i++)
    store<u16>(target + (i << 1), <u16>i32x4.extract_lane(narrowBf16(i32x4.splat(load<i32>(source + (i << 2)))), 0));
}
