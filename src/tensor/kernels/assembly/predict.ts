// Predictions of changed weights: a low-rank product added, or a scaling, in f32. Every product and every sum is rounded on its own,
// terms in the order of the rank: each element's bits are the same wherever a slice begins.
// The scalar reference is src/tensor/kernels/reference/predict.ts.

/**
 * values[j] += (sum over k of left[k] * right[k * stride + j]) * scale, for one row of the product and `count` of its columns.
 * The sum begins with zero.
 */
export function addLowRankRow(
  values: usize, left: usize, right: usize, count: usize, stride: usize, rank: usize, scale: f32,
): void {
  const scales = f32x4.splat(scale), step: usize = stride << 2;
  let j: usize = 0;
  for (; j + 16 <= count; j += 16) {
    let sum0 = f32x4.splat(0), sum1 = f32x4.splat(0), sum2 = f32x4.splat(0), sum3 = f32x4.splat(0);
    let at = right + (j << 2);
    for (let k: usize = 0; k < rank; k++, at += step) {
      const factor = v128.load32_splat(left + (k << 2));
      sum0 = f32x4.add(sum0, f32x4.mul(factor, v128.load(at)));
      sum1 = f32x4.add(sum1, f32x4.mul(factor, v128.load(at, 16)));
      sum2 = f32x4.add(sum2, f32x4.mul(factor, v128.load(at, 32)));
      sum3 = f32x4.add(sum3, f32x4.mul(factor, v128.load(at, 48)));
    }
    const to = values + (j << 2);
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(sum0, scales)));
    v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(sum1, scales)), 16);
    v128.store(to, f32x4.add(v128.load(to, 32), f32x4.mul(sum2, scales)), 32);
    v128.store(to, f32x4.add(v128.load(to, 48), f32x4.mul(sum3, scales)), 48);
  }
  for (; j < count; j++) {
    let sum: f32 = 0;
    let at = right + (j << 2);
    for (let k: usize = 0; k < rank; k++, at += step) sum += load<f32>(left + (k << 2)) * load<f32>(at);
    const to = values + (j << 2);
    store<f32>(to, load<f32>(to) + sum * scale);
  }
}

/** values[j] *= factors[j] */
export function multiplyF32(values: usize, factors: usize, count: usize): void {
  let j: usize = 0;
  for (; j + 4 <= count; j += 4) {
    const at = j << 2;
    v128.store(values + at, f32x4.mul(v128.load(values + at), v128.load(factors + at)));
  }
  for (; j < count; j++) {
    const at = j << 2;
    store<f32>(values + at, load<f32>(values + at) * load<f32>(factors + at));
  }
}
