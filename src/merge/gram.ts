import { MgitError } from '../base/errors.ts';
import { type Kernels, loadKernels } from '../tensor/kernels/kernels.ts';
import { createPairwiseSum, type PairwiseSum } from '../tensor/pairwise-sum.ts';
import { type Band, type Run, runsOf } from './groups.ts';
import type { MethodTask } from './method.ts';
import { blockSlices } from './slices.ts';
import type { Vectors } from './vectors.ts';
import type { Register } from './workspace.ts';

/** The dot product of vectors i and j of one group. */
export type Gram = (i: number, j: number) => number;

/** Bytes of the sums of interleaved groups at most. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The dot products of all pairs of vectors, for each group of a band: products of floats and their sums in float64, in a tree over blocks of
 * `BLOCK_ELEMENTS` from the begin of the group (interleaved groups: one after the other). One pass. Errors: `MERGE_TOO_MANY_COLUMNS`.
 */
export async function* gramsOf(task: MethodTask, band: Band, vectors: Vectors): AsyncIterable<Gram> {
  const kernels = await loadKernels();
  if (band.isInterleaved) yield* interleaved(task, { band, vectors, kernels });
  else yield* consecutive(task, { band, vectors, kernels });
}

interface Measured {
  readonly band: Band;
  readonly vectors: Vectors;
  readonly kernels: Kernels;
}

async function* consecutive(task: MethodTask, measured: Measured): AsyncIterable<Gram> {
  const { band, vectors, kernels } = measured;
  const pairs = pairsOf(vectors.registers);
  const product = task.dtype === 'F64' ? kernels.exports.sumProductsF64 : kernels.exports.sumProductsF32;
  let sum: PairwiseSum<Float64Array> = createPairwiseSum(addAll);
  let current = 0;
  for (const slice of blockSlices(task, band)) {
    await vectors.load(slice);
    for (const { offset, count, group } of runsOf(band, slice.start - band.start, slice.count)) {
      if (group !== current) {
        yield gramOf(sum.total() ?? new Float64Array(pairs.length));
        sum = createPairwiseSum(addAll);
        current = group;
      }
      const at = offset * floatBytes(task);
      sum.add(
        Float64Array.from(pairs, ([left, right]) => product(left.pointer + at, right.pointer + at, count)),
      );
    }
  }
  yield gramOf(sum.total() ?? new Float64Array(pairs.length));
}

async function* interleaved(task: MethodTask, measured: Measured): AsyncIterable<Gram> {
  const { band, vectors, kernels } = measured;
  const pairs = pairsOf(vectors.registers);
  const bytes = pairs.length * band.groups * 8;
  if (bytes > MOST_BYTES) throw tooMany(band);
  using sums = kernels.borrow(bytes);
  sums.bytes.fill(0);
  for (const slice of blockSlices(task, band)) {
    await vectors.load(slice);
    for (const run of runsOf(band, slice.start - band.start, slice.count))
      for (const [at, pair] of pairs.entries())
        addRun(task, kernels, { pair, run, target: sums.pointer + at * band.groups * 8 });
  }
  const { buffer, byteOffset } = sums.bytes;
  const all = new Float64Array(buffer, byteOffset, pairs.length * band.groups).slice();
  for (let group = 0; group < band.groups; group++)
    yield gramOf(Float64Array.from(pairs, (_, at) => all[at * band.groups + group] ?? 0));
}

type Pair = readonly [Register, Register];

function addRun(
  { dtype }: MethodTask,
  { exports }: Kernels,
  { pair: [left, right], run, target }: { readonly pair: Pair; readonly run: Run; readonly target: number },
): void {
  const add = dtype === 'F64' ? exports.addProductsF64 : exports.addProductsF32;
  const at = run.offset * (dtype === 'F64' ? 8 : 4);
  add(target + run.group * 8, left.pointer + at, right.pointer + at, run.count);
}

function floatBytes({ dtype }: MethodTask): number {
  return dtype === 'F64' ? 8 : 4;
}

/** (0, 0), (0, 1), (1, 1), (0, 2), ...: pair (i, j) with i <= j is at j (j + 1) / 2 + i. */
function pairsOf(registers: readonly Register[]): readonly Pair[] {
  return registers.flatMap((right, j) => registers.slice(0, j + 1).map(left => [left, right] as const));
}

function gramOf(sums: Float64Array): Gram {
  return (i, j) => {
    const [low, high] = i < j ? [i, j] : [j, i];
    return sums[(high * (high + 1)) / 2 + low] ?? 0;
  };
}

function addAll(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, at) => value + (right[at] ?? 0));
}

function tooMany({ groups }: Band): MgitError {
  return new MgitError('MERGE_TOO_MANY_COLUMNS', `sums over ${groups} columns do not fit into memory`, {
    hint: 'merge this tensor row by row or as one vector',
  });
}
