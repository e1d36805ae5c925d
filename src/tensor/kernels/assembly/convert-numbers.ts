// F64 to F32 and back, and integers to floats. Rounded to nearest, ties to even; NaNs become canonical.
// The scalar reference is src/tensor/kernels/reference/convert-numbers.ts; both give the same bits for every input.

/** target[i] = source[i]: F64 to F32, rounded */
export function f64ToF32(target: usize, source: usize, count: usize): void {
  const nan = i32x4.splat(0x7fc00000);
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const value = f32x4.demote_f64x2_zero(v128.load(source + (i << 3)));
    v128.store64_lane(target + (i << 2), v128.bitselect(value, nan, f32x4.eq(value, value)), 0);
  }
  if (i < count) {
    const value = <f32>load<f64>(source + (i << 3));
    store<u32>(target + (i << 2), value != value ? 0x7fc00000 : reinterpret<u32>(value));
  }
}

/** target[i] = source[i]: F32 to F64, exact */
export function f32ToF64(target: usize, source: usize, count: usize): void {
  const nan = i64x2.splat(0x7ff8000000000000);
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const value = f64x2.promote_low_f32x4(v128.load64_zero(source + (i << 2)));
    v128.store(target + (i << 3), v128.bitselect(value, nan, f64x2.eq(value, value)));
  }
  if (i < count) {
    const value = <f64>load<f32>(source + (i << 2));
    store<u64>(target + (i << 3), value != value ? 0x7ff8000000000000 : reinterpret<u64>(value));
  }
}

function integersTo<Float, Integer>(target: usize, source: usize, count: usize): void {
  for (let i: usize = 0; i < count; i++)
    store<Float>(target + i * sizeof<Float>(), <Float>load<Integer>(source + i * sizeof<Integer>()));
}

/** target[i] = source[i]: integers of up to 16 bits to F32, exact */
export function u8ToF32(target: usize, source: usize, count: usize): void { integersTo<f32, u8>(target, source, count); }
export function i8ToF32(target: usize, source: usize, count: usize): void { integersTo<f32, i8>(target, source, count); }
export function u16ToF32(target: usize, source: usize, count: usize): void { integersTo<f32, u16>(target, source, count); }
export function i16ToF32(target: usize, source: usize, count: usize): void { integersTo<f32, i16>(target, source, count); }

/** target[i] = source[i]: integers of 32 bits to F64, exact; of 64 bits, rounded */
export function u32ToF64(target: usize, source: usize, count: usize): void { integersTo<f64, u32>(target, source, count); }
export function i32ToF64(target: usize, source: usize, count: usize): void { integersTo<f64, i32>(target, source, count); }
export function u64ToF64(target: usize, source: usize, count: usize): void { integersTo<f64, u64>(target, source, count); }
export function i64ToF64(target: usize, source: usize, count: usize): void { integersTo<f64, i64>(target, source, count); }
