import { MgitError } from '../../base/errors.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { type Kernels, loadKernels } from '../../tensor/kernels/kernels.ts';
import type { MethodTask } from '../method.ts';
import { numbers } from '../parameters.ts';
import { blockSliceElements, type Slice } from '../slices.ts';
import type { Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';
import { rescaleDropped } from './drop-at-random.ts';
import type { Selection } from './rescale.ts';
import { keyOf } from './seed.ts';
import type { Sparsify } from './sparsity.ts';

/** Counts of magnitudes, and two bounds, each a u64. */
const COUNTS_BYTES = (0x8000 + 2) * 8;

/**
 * Keeps each element with a probability that grows with its rank among the magnitudes of its row, from density - epsilon to density + epsilon. A
 * row has the weights of one output: all but the first dimension. Ranks are counted, not sorted: magnitudes that agree in the upper 15 bits of
 * their F32 rank in their order, so that a row of any length takes constant memory, and one that ends beyond its slice is read once more.
 */
export const sampleByRank: Sparsify = async (task, vectors) => {
  const samples = samplesOf(task);
  const selection = await sampling(task, vectors, samples);
  if (task.parameters.rescale === true && task.parameters.rescale_by === 'density')
    return { ...selection, factors: samples.map(() => 1) };
  return rescaleDropped(task, vectors, selection);
};

/** How one model's elements are drawn; with a density of 0 or 1 nothing is. */
interface Sample {
  readonly kind: 'none' | 'all' | 'some';
  readonly key: bigint;
  readonly least: number;
  /** What each rank adds. */
  readonly step: number;
}

function samplesOf(task: MethodTask): readonly Sample[] {
  const epsilons = numbers(task.parameters, 'epsilon');
  const length = rowLength(task.shape);
  return numbers(task.parameters, 'density').map((density, model) => {
    const epsilon = epsilons[model] ?? 0;
    const kind = density >= 1 ? 'all' : density <= 0 ? 'none' : 'some';
    if (kind === 'some' && (density - epsilon <= 0 || density + epsilon >= 1))
      throw outside(density, epsilon);
    const [least, step] = length === 1 ? [density, 0] : [density - epsilon, (2 * epsilon) / (length - 1)];
    return { kind, key: keyOf(task.parameters, model), least, step };
  });
}

function rowLength(shape: readonly number[]): number {
  return elementCount(shape.length < 2 ? shape : shape.slice(1));
}

/** Counts of the magnitudes of one row of each model. */
type RowCounts = readonly Register[];

async function sampling(task: MethodTask, vectors: Vectors, samples: readonly Sample[]): Promise<Selection> {
  const kernels = await loadKernels();
  const stack = new DisposableStack();
  const borrow = (): RowCounts => samples.map(() => stack.use(kernels.borrow(COUNTS_BYTES)));
  const row = rowKernels(task, kernels, { vectors, samples });
  let [current, next] = [borrow(), borrow()];
  return {
    begin: () => {
      for (const { pointer } of [...current, ...next]) kernels.exports.clearMagnitudes(pointer, true);
    },
    prepare: async slice => {
      const last = lastRow(slice, row.length);
      if (last.start < slice.start || last.start + row.length <= slice.start + slice.count) return;
      for (const part of partsOf(task, last.start, row.length)) {
        await vectors.load(part);
        row.count(next, 0, part.count);
      }
      row.rank(next);
    },
    apply: slice => {
      const end = slice.start + slice.count;
      for (let start = slice.start; start < end; ) {
        const begin = start - (start % row.length);
        const stop = Math.min(end, begin + row.length);
        const isWhole = begin >= slice.start && begin + row.length <= end;
        if (isWhole) {
          row.count(current, start - slice.start, stop - start);
          row.rank(current);
        } else if (begin >= slice.start) [current, next] = [next, current];
        row.keep(current, { start, count: stop - start }, start - slice.start);
        if (stop === begin + row.length) row.clear(current);
        start = stop;
      }
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

/** The row that the last element of a slice belongs to. */
function lastRow({ start, count }: Slice, length: number): { readonly start: number } {
  const last = start + count - 1;
  return { start: last - (last % length) };
}

function* partsOf(task: MethodTask, start: number, length: number): Iterable<Slice> {
  const step = blockSliceElements(task);
  for (let done = 0; done < length; done += step)
    yield { start: start + done, count: Math.min(step, length - done) };
}

/** What is done to (a part of) a row of every model that is drawn from. */
function rowKernels(
  task: MethodTask,
  { exports }: Kernels,
  { vectors, samples }: { readonly vectors: Vectors; readonly samples: readonly Sample[] },
) {
  const [count, keep, size] =
    task.dtype === 'F64'
      ? [exports.countMagnitudesF64, exports.keepSampledF64, 8]
      : [exports.countMagnitudesF32, exports.keepSampledF32, 4];
  const isEnlarged = task.parameters.rescale === true && task.parameters.rescale_by === 'density';
  const each = (visit: (register: Register, sample: Sample, model: number) => void): void => {
    for (const [model, register] of vectors.registers.entries())
      if (samples[model]?.kind === 'some') visit(register, samples[model], model);
  };
  const pointerOf = (counts: RowCounts, model: number): number => (counts[model] as Register).pointer;
  return {
    length: rowLength(task.shape),
    count: (counts: RowCounts, offset: number, elements: number): void =>
      each(({ pointer }, _, model) => count(pointerOf(counts, model), pointer + offset * size, elements)),
    rank: (counts: RowCounts): void =>
      each((_, __, model) => exports.rankMagnitudes(pointerOf(counts, model))),
    clear: (counts: RowCounts): void =>
      each((_, __, model) => exports.clearMagnitudes(pointerOf(counts, model), false)),
    keep: (counts: RowCounts, run: Slice, offset: number): void => {
      each(({ pointer }, { key, least, step }, model) =>
        keep(
          pointer + offset * size,
          run.count,
          pointerOf(counts, model),
          key,
          run.start,
          least,
          step,
          isEnlarged,
        ),
      );
      for (const [model, { bytes }] of vectors.registers.entries())
        if (samples[model]?.kind === 'none') bytes.fill(0, offset * size, (offset + run.count) * size);
    },
  };
}

function outside(density: number, epsilon: number): MgitError {
  return new MgitError(
    'MERGE_PARAMETER_INVALID',
    `with density ${density} and epsilon ${epsilon} there are elements that would stay with a probability of 0 or 1, or beyond`,
    { hint: 'give an epsilon below both density and 1 - density' },
  );
}
