import { type Kernels, loadKernels } from '../tensor/kernels/kernels.ts';
import { createPairwiseSum, type PairwiseSum } from '../tensor/pairwise-sum.ts';
import { type Band, bandsOf, type Run, runsOf } from './groups.ts';
import type { MethodTask } from './method.ts';
import { blockSliceElements, blockSlices } from './slices.ts';
import type { Vectors } from './vectors.ts';

/** Added to probabilities, so that none is zero. Source: mergekit. */
const EPSILON = 1e-8;

/** One number per row, for the first and for the second vector. */
type RowNumbers = readonly [Float64Array, Float64Array];

/**
 * How far each row of the second vector diverges from the first's as distributions (softmax): the sum of p ln(p / q), in float64, over
 * blocks as dot products are. Never negative.
 */
export async function* divergences(task: MethodTask, vectors: Vectors): AsyncIterable<number> {
  const kernels = await loadKernels();
  for (const band of bandsOf(task.shape, 'rows', blockSliceElements(task))) {
    const rows: Rows = { task, band, vectors, kernels };
    const shifts = await largestOf(rows);
    const sums = await sumsOfExponentials(rows, shifts);
    for (const value of await divergencesOf(rows, shifts, sums)) yield Math.max(0, value);
  }
}

/** The rows of a band. */
interface Rows {
  readonly task: MethodTask;
  readonly band: Band;
  readonly vectors: Vectors;
  readonly kernels: Kernels;
}

async function largestOf(rows: Rows): Promise<RowNumbers> {
  const { exports } = rows.kernels;
  const largest = rows.task.dtype === 'F64' ? exports.largestF64 : exports.largestF32;
  const found = [0, 1].map(() => new Float64Array(rows.band.groups).fill(-Infinity)) as [
    Float64Array,
    Float64Array,
  ];
  await eachRun(rows, ({ group, count }, pointers) => {
    for (const [side, values] of found.entries())
      values[group] = largest(pointers[side] ?? 0, count, values[group] ?? 0);
  });
  return found;
}

async function sumsOfExponentials(rows: Rows, shifts: RowNumbers): Promise<RowNumbers> {
  const { exports } = rows.kernels;
  const sum = rows.task.dtype === 'F64' ? exports.sumExponentialsF64 : exports.sumExponentialsF32;
  const sums = [treesOf(rows), treesOf(rows)] as const;
  await eachRun(rows, ({ group, count }, pointers) => {
    for (const [side, trees] of sums.entries())
      trees[group]?.add(sum(pointers[side] ?? 0, count, shifts[side]?.[group] ?? 0));
  });
  return [totals(sums[0]), totals(sums[1])];
}

async function divergencesOf(rows: Rows, shifts: RowNumbers, sums: RowNumbers): Promise<Float64Array> {
  const { exports } = rows.kernels;
  const sum = rows.task.dtype === 'F64' ? exports.sumDivergenceF64 : exports.sumDivergenceF32;
  const trees = treesOf(rows);
  await eachRun(rows, ({ group, count }, [first = 0, second = 0]) => {
    const scaleOf = (side: 0 | 1) => [shifts[side][group] ?? 0, sums[side][group] ?? 0] as const;
    trees[group]?.add(sum(second, first, count, ...scaleOf(1), ...scaleOf(0), EPSILON));
  });
  return totals(trees);
}

/** Reads a band and visits its runs with where they lie in memory. */
async function eachRun(
  { task, band, vectors }: Rows,
  visit: (run: Run, pointers: readonly number[]) => void,
): Promise<void> {
  const size = task.dtype === 'F64' ? 8 : 4;
  for (const slice of blockSlices(task, band)) {
    await vectors.load(slice);
    for (const run of runsOf(band, slice.start - band.start, slice.count))
      visit(
        run,
        vectors.registers.map(register => register.pointer + run.offset * size),
      );
  }
}

function treesOf({ band }: Rows): PairwiseSum<number>[] {
  return Array.from({ length: band.groups }, () =>
    createPairwiseSum((left: number, right: number) => left + right),
  );
}

function totals(trees: readonly PairwiseSum<number>[]): Float64Array {
  return Float64Array.from(trees, tree => tree.total() ?? 0);
}
