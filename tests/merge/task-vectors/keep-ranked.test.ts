import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockSlices } from '../../../src/merge/slices.ts';
import { keepRanked, type RankRange } from '../../../src/merge/task-vectors/keep-ranked.ts';
import { openVectors } from '../../../src/merge/vectors.ts';
import { decodeElements, encodeElements, type FloatDtype } from '../../testkit/float-elements.ts';
import { methodTask } from '../../testkit/merge-task.ts';

/** Vectors of few different magnitudes, so that many are equal, longer than a slice. */
const scene = fc.constantFrom(1, 30, 5000).chain(length =>
  fc.record({
    dtype: fc.constantFrom('F32', 'F64', 'BF16'),
    vectors: fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: length, maxLength: length }), {
      minLength: 2,
      maxLength: 2,
    }),
    ranges: fc.array(fc.record({ first: fc.nat(length - 1), count: fc.nat(length) }), {
      minLength: 2,
      maxLength: 2,
    }),
  }),
);

/** Two ranges of ranks of two vectors. */
interface Kept {
  readonly dtype: FloatDtype;
  readonly vectors: readonly (readonly number[])[];
  readonly ranges: readonly RankRange[];
}

async function keep({ dtype, vectors, ranges }: Kept): Promise<number[][]> {
  const task = methodTask({
    method: 'ties',
    dtype,
    shape: [vectors[0]?.length ?? 0],
    models: vectors.map(values => encodeElements(dtype, values)),
  });
  using loaded = await openVectors(task, { isFromBase: false });
  using selection = await keepRanked(task, loaded, ranges);
  const kept: number[][] = vectors.map(() => []);
  selection.begin();
  for (const slice of blockSlices(task)) {
    await loaded.load(slice);
    selection.apply(slice);
    for (const [at, register] of loaded.registers.entries())
      kept[at]?.push(...decodeElements(dtype, loaded.work.store(register)));
  }
  return kept;
}

test('exactly the elements of the wanted ranks stay, of equal ones the first rank first', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ dtype, vectors, ranges: drawn }) => {
      const length = vectors[0]?.length ?? 0;
      const ranges = drawn.map(({ first, count }) => ({ first, count: Math.min(count, length - first) }));
      const wanted = vectors.map((values, at) => keptBySorting(values, ranges[at]));
      expect(await keep({ dtype, vectors, ranges })).toEqual(wanted);
    }),
    { numRuns: 40 },
  );
});

test('NaN ranks before all numbers, and never stays', async () => {
  const values = [Number.NaN, 3, Number.NaN, 2, 1, 2];
  const ranges = [
    { first: 1, count: 4 },
    { first: 0, count: 2 },
  ];
  expect(await keep({ dtype: 'F32', vectors: [values, values], ranges })).toEqual([
    [0, 3, 0, 2, 0, 2],
    [0, 0, 0, 0, 0, 0],
  ]);
});

function keptBySorting(values: readonly number[], range = { first: 0, count: 0 }): number[] {
  const ranking = [...values.keys()].sort(
    (a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0) || a - b,
  );
  const kept = new Set(ranking.slice(range.first, range.first + range.count));
  return values.map((value, i) => (kept.has(i) ? value : 0));
}
