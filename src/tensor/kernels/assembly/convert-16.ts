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
function widenF16(bits: v128): v128 {
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

// @ts-ignore: decorator
@inline
function widenBf16(bits: v128): v128 {
  const value = i32x4.shl(bits, 16);
  return v128.bitselect(i32x4.splat(0x7fc00000), value, isNan(v128.and(value, i32x4.splat(0x7fffffff))));
}

// @ts-ignore: decorator
@inline
function narrowBf16(bits: v128): v128 {
  const odd = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(bits, odd), i32x4.splat(0x7fff)), 16);
  return v128.bitselect(i32x4.splat(0x7fc0), rounded, isNan(v128.and(bits, i32x4.splat(0x7fffffff))));
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
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) v128.store(target + (i << 2), widenBf16(v128.load16x4_u(source + (i << 1))));
  for (; i < count; i++)
    store<i32>(target + (i << 2), i32x4.extract_lane(widenBf16(i32x4.splat(load<u16>(source + (i << 1)))), 0));
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
