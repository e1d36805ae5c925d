import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gramsOf } from '../../src/merge/gram.ts';
import { bandsOf, type Grouping, runsOf } from '../../src/merge/groups.ts';
import { openVectors } from '../../src/merge/vectors.ts';
import { elementCount } from '../../src/tensor/dtype.ts';
import { encodeElements } from '../testkit/float-elements.ts';
import { methodTask } from '../testkit/merge-task.ts';
import { plainNumbers } from '../testkit/plain-numbers.ts';

const shapes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 });
const groupings = fc.constantFrom<Grouping>('all', 'rows', 'columns');

/** The group of an element by the definition of groupings. */
function groupOf(shape: readonly number[], grouping: Grouping, element: number): number {
  if (shape.length < 2 || grouping === 'all') return 0;
  if (grouping === 'rows') return Math.floor(element / (shape.at(-1) ?? 1));
  return element % (elementCount(shape) / (shape[0] ?? 1));
}

test('bands and runs put every element into its group, once', () => {
  fc.assert(
    fc.property(shapes, groupings, fc.integer({ min: 1, max: 100 }), (shape, grouping, atMost) => {
      const found: number[] = [];
      let before = 0;
      for (const band of bandsOf(shape, grouping, atMost)) {
        expect(band.start).toBe(found.length);
        for (const run of runsOf(band, 0, band.count))
          for (let i = 0; i < run.count; i++) found.push(before + run.group + (band.isInterleaved ? i : 0));
        before += band.groups;
      }
      expect(found).toEqual(
        Array.from({ length: elementCount(shape) }, (_, i) => groupOf(shape, grouping, i)),
      );
    }),
  );
});

async function gramMatrices(shape: readonly number[], grouping: Grouping, sliceElements: number) {
  const models = [2, 3].map(seed => encodeElements('F32', plainNumbers(elementCount(shape), seed)));
  const task = methodTask({ method: 'slerp', dtype: 'F32', shape, models, sliceElements });
  using vectors = await openVectors(task, { isFromBase: false });
  const found: number[][] = [];
  for (const band of bandsOf(shape, grouping, Math.max(4096, sliceElements)))
    for await (const gram of gramsOf(task, band, vectors)) found.push([gram(0, 0), gram(1, 0), gram(1, 1)]);
  return found;
}

test.each<[Grouping, readonly number[]]>([
  ['all', [3, 7001]],
  ['rows', [3, 7001]],
  ['rows', [600, 17]],
  ['columns', [3, 7001]],
  ['columns', [60, 5, 17]],
])(
  'dot products of %s in %j have the same bits for slices of any size, and are right',
  async (grouping, shape) => {
    const whole = await gramMatrices(shape, grouping, 100_000);
    for (const size of [1, 4096, 5000]) expect(await gramMatrices(shape, grouping, size)).toEqual(whole);
    const [left = [], right = []] = [2, 3].map(seed =>
      plainNumbers(elementCount(shape), seed).map(Math.fround),
    );
    const naive = whole.map(() => [0, 0, 0] as [number, number, number]);
    for (const [i, a] of left.entries()) {
      const b = right[i] ?? 0;
      const sums = naive[groupOf(shape, grouping, i)] as [number, number, number];
      sums[0] += a * a;
      sums[1] += a * b;
      sums[2] += b * b;
    }
    for (const [group, sums] of naive.entries())
      for (const [at, value] of sums.entries()) expect(whole[group]?.[at]).toBeCloseTo(value, 9);
  },
);
