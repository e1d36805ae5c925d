import { type Kernels, loadKernels } from './kernels/kernels.ts';
import type { PredictedDtype } from './prediction.ts';
import { widened } from './widened.ts';

/** The same whole elements of two versions of a tensor, little-endian. */
export interface ElementPair {
  readonly target: Uint8Array;
  readonly base: Uint8Array;
}

/** Two versions of a tensor, which can be read several times from their begin. */
export interface TensorPair {
  readonly dtype: PredictedDtype;
  readonly read: () => AsyncIterable<ElementPair>;
}

/** Which changes are kept: those above a magnitude, and the first `ties` of exactly it. */
export interface LargestChanges {
  /** The magnitude, as the bits of an F32: for positive numbers their order is that of the numbers; NaN is above all. */
  readonly threshold: number;
  readonly ties: number;
  /** The norm of what is not kept, relative to that of the whole change; changes that are not finite are left out of both. */
  readonly relativeL2: number;
}

const HALF = 1 << 16;

/**
 * The `keep` largest changes by magnitude (the difference of both elements, widened and rounded to F32). Exact in constant memory: the
 * upper halves of the magnitudes are counted first, then the lower halves of those that share the decisive upper half.
 */
export async function largestChanges(pair: TensorPair, keep: number): Promise<LargestChanges> {
  if (keep < 1) throw new RangeError('at least one change is kept');
  const upper = await place(pair, keep, bits => bits >>> 16);
  const lower = await place(pair, upper.rest, bits => (bits >>> 16 === upper.bucket ? bits & 0xffff : -1));
  const threshold = upper.bucket * HALF + lower.bucket;
  const kept = { threshold, ties: lower.rest };
  return { ...kept, relativeL2: await errorOf(pair, kept) };
}

/** The base's elements with the kept ones of the target, as bytes in slices. */
export async function* keepLargest(
  pair: TensorPair,
  { threshold, ties }: Pick<LargestChanges, 'threshold' | 'ties'>,
): AsyncGenerator<Uint8Array> {
  const kernels = await loadKernels();
  const size = pair.dtype === 'F32' ? 4 : 2;
  let left = ties;
  for await (const { target, base } of pair.read()) {
    const result = Uint8Array.from(base);
    for (const [at, bits] of magnitudes({ target, base }, pair.dtype, kernels).entries()) {
      if (bits < threshold || (bits === threshold && left === 0)) continue;
      if (bits === threshold) left--;
      result.set(target.subarray(at * size, (at + 1) * size), at * size);
    }
    yield result;
  }
}

/** The bucket, from above, in which the `keep`-th number lies, and how many of that bucket are among the first `keep`. */
async function place(
  { dtype, read }: TensorPair,
  keep: number,
  bucketOf: (bits: number) => number,
): Promise<{ readonly bucket: number; readonly rest: number }> {
  const kernels = await loadKernels();
  const counts = new Float64Array(HALF);
  for await (const pair of read())
    for (const bits of magnitudes(pair, dtype, kernels)) {
      const bucket = bucketOf(bits);
      if (bucket >= 0) counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
  let rest = keep;
  for (let bucket = HALF - 1; bucket > 0; bucket--) {
    const count = counts[bucket] ?? 0;
    if (count >= rest) return { bucket, rest };
    rest -= count;
  }
  return { bucket: 0, rest };
}

async function errorOf(
  { dtype, read }: TensorPair,
  { threshold, ties }: Pick<LargestChanges, 'threshold' | 'ties'>,
): Promise<number> {
  const kernels = await loadKernels();
  const [magnitude] = [new Float32Array(1)];
  const word = new Uint32Array(magnitude.buffer);
  let [dropped, whole, left] = [0, 0, ties];
  for await (const pair of read())
    for (const bits of magnitudes(pair, dtype, kernels)) {
      const isKept = bits > threshold || (bits === threshold && left-- > 0);
      word[0] = bits;
      const value = magnitude[0] ?? 0;
      if (!Number.isFinite(value)) continue;
      whole += value * value;
      if (!isKept) dropped += value * value;
    }
  return whole === 0 ? 0 : Math.sqrt(dropped / whole);
}

/** The magnitudes of the changes, as bits. */
function magnitudes({ target, base }: ElementPair, dtype: PredictedDtype, kernels: Kernels): Uint32Array {
  const [to, from] = [widened(target, dtype, kernels), widened(base, dtype, kernels)];
  const changes = to.map((value, at) => value - (from[at] ?? 0));
  return new Uint32Array(changes.buffer).map(bits => bits & 0x7fffffff);
}
