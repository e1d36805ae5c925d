import type { Floats } from './merge.ts';

/** What `sumProductsF32` and `sumProductsF64` compute: product i goes to lane i modulo 4, in float64. */
export function sumProducts(left: Floats, right: Floats): number {
  const [a, b, c, d] = [0, 1, 2, 3].map(first => {
    let lane = 0;
    for (let i = first; i < left.length; i += 4) lane += (left[i] ?? 0) * (right[i] ?? 0);
    return lane;
  }) as [number, number, number, number];
  return a + b + (c + d);
}

/** What `addProductsF32` and `addProductsF64` compute. */
export function addProducts(sums: Float64Array, left: Floats, right: Floats): void {
  for (const [i, sum] of sums.entries()) sums[i] = sum + (left[i] ?? 0) * (right[i] ?? 0);
}

/** What `histogramF32` and `histogramF64` count: the 16 bits at place `digit` of elements that begin with the bits `prefix`. */
export function histogram(source: Floats, digit: number, prefix: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const bits of bitsOf(source)) {
    const head = bits >> BigInt(source.BYTES_PER_ELEMENT * 8 - 16 * (digit + 1));
    if (digit > 0 && head >> 16n !== BigInt(prefix)) continue;
    const bucket = Number(head & 0xffffn);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts;
}

function bitsOf(source: Floats): readonly bigint[] {
  const { buffer, byteOffset, length } = source;
  return source instanceof Float32Array
    ? Array.from(new Uint32Array(buffer, byteOffset, length), BigInt)
    : Array.from(new BigUint64Array(buffer, byteOffset, length));
}
