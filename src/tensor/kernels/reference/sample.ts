import type { Floats } from './merge.ts';

/** The 32 random bits of element `index`. Source: Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators (SplitMix64). */
export function drawAt(key: bigint, index: number): number {
  const cut = (value: bigint): bigint => BigInt.asUintN(64, value);
  let word = cut(key + (BigInt(index >> 1) + 1n) * 0x9e3779b97f4a7c15n);
  word = cut((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n);
  word = cut((word ^ (word >> 27n)) * 0x94d049bb133111ebn);
  word ^= word >> 31n;
  return Number(index % 2 === 0 ? word & 0xffffffffn : word >> 32n);
}

/** What `keepRandomF32` and `keepRandomF64` compute. */
export function keepRandom(
  target: Floats,
  { key, start }: { readonly key: bigint; readonly start: number },
  limit: number,
): void {
  for (const i of target.keys()) if (drawAt(key, start + i) >= limit) target[i] = 0;
}

/** Ranks of magnitudes, 0 being the smallest; those whose F32 have the same upper 15 bits rank in their order. */
export function ranksOf(source: Floats): readonly number[] {
  const buckets = Array.from(source, value => {
    const bits = new Uint32Array(Float32Array.of(Math.abs(value)).buffer)[0] ?? 0;
    return bits >>> 16;
  });
  const order = [...buckets.keys()].sort((a, b) => (buckets[a] ?? 0) - (buckets[b] ?? 0) || a - b);
  const ranks = new Array<number>(source.length);
  for (const [rank, i] of order.entries()) ranks[i] = rank;
  return ranks;
}

/** The probability of an element by its rank, and whether it is divided by it. */
export interface Sampling {
  readonly least: number;
  readonly step: number;
  readonly isEnlarged: boolean;
}

/** What `keepSampledF32` and `keepSampledF64` make of a whole row. */
export function keepSampled(
  target: Floats,
  { key, start }: { readonly key: bigint; readonly start: number },
  { least, step, isEnlarged }: Sampling,
): void {
  for (const [i, rank] of ranksOf(target).entries()) {
    const probability = least + step * rank;
    if (drawAt(key, start + i) >= probability * 2 ** 32) target[i] = 0;
    else if (isEnlarged) target[i] = (target[i] ?? 0) / probability;
  }
}
