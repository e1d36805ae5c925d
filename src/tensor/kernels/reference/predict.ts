/** A low-rank product: `left` is one row of `rank` numbers, `right` has `rank` rows of `stride` numbers. */
export interface LowRankRow {
  readonly left: Float32Array;
  readonly right: Float32Array;
  readonly stride: number;
  readonly scale: number;
}

/** What `addLowRankRow` computes, one column at a time: `values[j] += (left @ right)[j] * scale`, each step rounded to F32. */
export function addLowRankRowReference(values: Float32Array, row: LowRankRow): void {
  const { left, right, stride } = row;
  const scale = Math.fround(row.scale);
  for (let j = 0; j < values.length; j++) {
    let sum = 0;
    for (const [k, factor] of left.entries())
      sum = Math.fround(sum + Math.fround(factor * (right[k * stride + j] ?? 0)));
    values[j] = Math.fround((values[j] ?? 0) + Math.fround(sum * scale));
  }
}

/** What `multiplyF32` computes: `values[j] *= factors[j]`. */
export function multiplyReference(values: Float32Array, factors: Float32Array): void {
  for (const [j, factor] of factors.entries()) values[j] = (values[j] ?? 0) * factor;
}
