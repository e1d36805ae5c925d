// Sums over two tensors for `mgit diff`, in f64. Element i of a block goes to lane i modulo 4; the lanes are added as
// (0 + 1) + (2 + 3). Elements of which either side is not finite are left out of the sums and counted.
// The scalar reference is src/tensor/kernels/reference/difference.ts; both give the same bits for every input.

// @ts-ignore: decorator
@inline
function addLanes(low: v128, high: v128): f64 {
  return (
    f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + (f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1))
  );
}

// @ts-ignore: decorator
@inline
function countLanes(counts: v128): f64 {
  return <f64>(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1));
}

// @ts-ignore: decorator
@inline
function isFinite2(values: v128): v128 {
  return f64x2.eq(f64x2.sub(values, values), f64x2.splat(0));
}

// @ts-ignore: decorator
@inline
function load2<T>(source: usize, i: usize): v128 {
  if (sizeof<T>() == 8) return v128.load(source + (i << 3));
  return f64x2.promote_low_f32x4(v128.load64_zero(source + (i << 2)));
}

function differenceBlockOf<T>(result: usize, before: usize, after: usize, count: usize): void {
  const zero = f64x2.splat(0);
  let before0 = zero, before1 = zero, after0 = zero, after1 = zero, product0 = zero, product1 = zero;
  let difference0 = zero, difference1 = zero, largest = zero;
  let nanBefore = zero, nanAfter = zero, finiteBefore = zero, finiteAfter = zero;
  for (let i: usize = 0; i < count; i += 4) {
    let a0 = load2<T>(before, i), b0 = load2<T>(after, i);
    let a1 = load2<T>(before, i + 2), b1 = load2<T>(after, i + 2);
    const fa0 = isFinite2(a0), fa1 = isFinite2(a1), fb0 = isFinite2(b0), fb1 = isFinite2(b1);
    nanBefore = i64x2.sub(i64x2.sub(nanBefore, f64x2.ne(a0, a0)), f64x2.ne(a1, a1));
    nanAfter = i64x2.sub(i64x2.sub(nanAfter, f64x2.ne(b0, b0)), f64x2.ne(b1, b1));
    finiteBefore = i64x2.sub(i64x2.sub(finiteBefore, fa0), fa1);
    finiteAfter = i64x2.sub(i64x2.sub(finiteAfter, fb0), fb1);
    const both0 = v128.and(fa0, fb0), both1 = v128.and(fa1, fb1);
    a0 = v128.and(a0, both0); b0 = v128.and(b0, both0);
    a1 = v128.and(a1, both1); b1 = v128.and(b1, both1);
    const d0 = f64x2.sub(b0, a0), d1 = f64x2.sub(b1, a1);
    before0 = f64x2.add(before0, f64x2.mul(a0, a0)); before1 = f64x2.add(before1, f64x2.mul(a1, a1));
    after0 = f64x2.add(after0, f64x2.mul(b0, b0)); after1 = f64x2.add(after1, f64x2.mul(b1, b1));
    product0 = f64x2.add(product0, f64x2.mul(a0, b0)); product1 = f64x2.add(product1, f64x2.mul(a1, b1));
    difference0 = f64x2.add(difference0, f64x2.mul(d0, d0)); difference1 = f64x2.add(difference1, f64x2.mul(d1, d1));
    largest = f64x2.max(largest, f64x2.max(f64x2.abs(d0), f64x2.abs(d1)));
  }
  store<f64>(result, addLanes(before0, before1));
  store<f64>(result, addLanes(after0, after1), 8);
  store<f64>(result, addLanes(product0, product1), 16);
  store<f64>(result, addLanes(difference0, difference1), 24);
  store<f64>(result, max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1)), 32);
  store<f64>(result, countLanes(nanBefore), 40);
  store<f64>(result, countLanes(nanAfter), 48);
  store<f64>(result, <f64>count - countLanes(finiteBefore) - countLanes(nanBefore), 56);
  store<f64>(result, <f64>count - countLanes(finiteAfter) - countLanes(nanAfter), 64);
}

/**
 * Writes nine f64 to `result`: the sums of before^2, after^2, before * after and (after - before)^2, the largest |after - before|,
 * then the NaNs and the infinities before and after. `count` is a multiple of 4.
 */
export function differenceBlockF32(result: usize, before: usize, after: usize, count: usize): void {
  differenceBlockOf<f32>(result, before, after, count);
}
export function differenceBlockF64(result: usize, before: usize, after: usize, count: usize): void {
  differenceBlockOf<f64>(result, before, after, count);
}

function countChangedOf<T>(before: usize, after: usize, count: usize): u32 {
  const end: usize = count * sizeof<T>(), whole: usize = end & ~15;
  let changed: u32 = 0, at: usize = 0;
  for (; at < whole; at += 16)
    changed += popcnt<u32>(v128.bitmask<T>(v128.ne<T>(v128.load(before + at), v128.load(after + at))));
  for (; at < end; at += sizeof<T>()) changed += u32(load<T>(before + at) != load<T>(after + at));
  return changed;
}

/** How many of `count` elements of this many bytes differ in any bit. */
export function countChanged8(before: usize, after: usize, count: usize): u32 { return countChangedOf<u8>(before, after, count); }
export function countChanged16(before: usize, after: usize, count: usize): u32 { return countChangedOf<u16>(before, after, count); }
export function countChanged32(before: usize, after: usize, count: usize): u32 { return countChangedOf<u32>(before, after, count); }
export function countChanged64(before: usize, after: usize, count: usize): u32 { return countChangedOf<u64>(before, after, count); }
