/** What `rotateF64` computes. */
export function rotate(
  left: Float64Array,
  right: Float64Array,
  { cosine, sine }: { readonly cosine: number; readonly sine: number },
): void {
  for (const [i, x] of left.entries()) {
    const y = right[i] ?? 0;
    left[i] = cosine * x - sine * y;
    right[i] = sine * x + cosine * y;
  }
}
