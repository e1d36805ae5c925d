import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { MethodTask } from '../method.ts';
import { type RankedValue, type RankQuery, selectByRank } from '../selection.ts';
import { blockSlices } from '../slices.ts';
import type { Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';
import type { Selection } from './rescale.ts';

/**
 * The ranks of magnitudes that stay: 0 is the largest; of equal ones, the element that comes first ranks first. NaN, which rounding to a dtype
 * without infinity gives, ranks before all numbers, and never stays.
 */
export interface RankRange {
  readonly first: number;
  readonly count: number;
}

/** Magnitudes between which elements stay, how many that equal the lower are kept, and how many that equal the higher are not. */
interface Borders {
  readonly low: number;
  readonly high: number;
  readonly kept: number;
  readonly skipped: number;
}

/**
 * Keeps the elements of certain ranks in magnitude, exactly so many, without sorting and in constant memory: two scans find the magnitudes at
 * both ends (four for F64), and elements that equal one are counted as they come.
 */
export async function keepRanked(
  task: MethodTask,
  vectors: Vectors,
  ranges: readonly RankRange[],
): Promise<Selection> {
  const borders = await bordersOf(task, vectors, ranges);
  const areAllKept = ({ first, count }: RankRange): boolean =>
    first <= 0 && count >= elementCount(task.shape);
  return selectionOf(
    task,
    vectors,
    ranges.map((range, at) => (areAllKept(range) ? 'all' : (borders.get(at) ?? 'none'))),
  );
}

/** Keeps the elements of each change whose magnitude is a threshold or more; NaN never stays. */
export function keepFrom(
  task: MethodTask,
  vectors: Vectors,
  thresholds: readonly number[],
): Promise<Selection> {
  const kept = Number.MAX_SAFE_INTEGER; // Of those that equal the threshold.
  return selectionOf(
    task,
    vectors,
    thresholds.map(low => (low === 0 ? 'all' : { low, high: Infinity, kept, skipped: 0 })),
  );
}

async function selectionOf(
  task: MethodTask,
  vectors: Vectors,
  stays: readonly (Borders | 'all' | 'none')[],
): Promise<Selection> {
  const kernels = await loadKernels();
  const stack = new DisposableStack();
  const filters = vectors.registers.map((register, at) => {
    const borders = stays[at];
    if (borders === 'all') return undefined;
    const state = stack.use(kernels.borrow(6 * 8));
    return { register, borders: borders === 'none' ? undefined : borders, state };
  });
  const keep = task.dtype === 'F64' ? kernels.exports.keepRankedF64 : kernels.exports.keepRankedF32;
  return {
    begin: () => {
      for (const filter of filters) if (filter?.borders) write(filter.state, filter.borders);
    },
    apply: ({ count }) => {
      for (const filter of filters)
        if (filter?.borders) keep(filter.register.pointer, count, filter.state.pointer);
        else if (filter) vectors.work.clear(filter.register);
    },
    [Symbol.dispose]: () => stack.dispose(),
  };
}

function write(state: Register, { low, high, kept, skipped }: Borders): void {
  const { buffer, byteOffset } = state.bytes;
  new Float64Array(buffer, byteOffset, 6).set([low, high, kept, skipped, 0, 0]);
}

/** The borders of each vector that some, but not all elements of stay. */
async function bordersOf(
  task: MethodTask,
  vectors: Vectors,
  ranges: readonly RankRange[],
): Promise<ReadonlyMap<number, Borders>> {
  const total = elementCount(task.shape);
  const cut = ranges.flatMap(({ first, count }, vector) =>
    count > 0 && (first > 0 || count < total) ? [{ vector, first, count }] : [],
  );
  const queries = cut.flatMap(({ vector, first, count }): RankQuery[] => [
    { vector, rank: total - first - count },
    ...(first === 0 ? [] : [{ vector, rank: total - 1 - first }]),
  ]);
  const found = (queries.length === 0 ? [] : await select(task, vectors, queries)).values();
  const larger = ({ below, equal }: RankedValue): number => total - below - equal;
  return new Map(
    cut.map(({ vector, first, count }) => {
      const low = found.next().value as RankedValue;
      const last = first === 0 ? undefined : (found.next().value as RankedValue);
      const high = Number.isNaN(last?.value) ? undefined : last;
      return [
        vector,
        {
          low: low.value,
          high: high?.value ?? Infinity,
          kept: first + count - larger(low),
          skipped: high ? first - larger(high) : 0,
        },
      ];
    }),
  );
}

function select(
  task: MethodTask,
  vectors: Vectors,
  queries: readonly RankQuery[],
): Promise<readonly RankedValue[]> {
  return selectByRank(
    async look => {
      for (const slice of blockSlices(task)) {
        await vectors.load(slice);
        for (const register of vectors.registers) vectors.work.absolute(register);
        look(vectors.registers, slice.count);
      }
    },
    queries,
    task.dtype === 'F64' ? 'F64' : 'F32',
  );
}
