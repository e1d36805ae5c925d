// Plane rotations of matrices in float64. The scalar reference is src/tensor/kernels/reference/rotate.ts; both give the same bits for every count.

/** (left[i], right[i]) = (cosine * left[i] - sine * right[i], sine * left[i] + cosine * right[i]) */
export function rotateF64(left: usize, right: usize, count: usize, cosine: f64, sine: f64): void {
  const cosines = f64x2.splat(cosine), sines = f64x2.splat(sine);
  let i: usize = 0;
  for (; i + 2 <= count; i += 2) {
    const first = left + (i << 3), second = right + (i << 3);
    const x = v128.load(first), y = v128.load(second);
    v128.store(first, f64x2.sub(f64x2.mul(cosines, x), f64x2.mul(sines, y)));
    v128.store(second, f64x2.add(f64x2.mul(sines, x), f64x2.mul(cosines, y)));
  }
  if (i == count) return;
  const first = left + (i << 3), second = right + (i << 3);
  const x = load<f64>(first), y = load<f64>(second);
  store<f64>(first, cosine * x - sine * y);
  store<f64>(second, sine * x + cosine * y);
}
