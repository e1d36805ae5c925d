import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { bestAssignment } from '../../../src/merge/alignment/assignment.ts';
import { matchWeights, permuted } from '../../../src/merge/alignment/match-weights.ts';
import { BUNDLED_PATTERNS, groupsOf, layerGroups } from '../../../src/merge/alignment/permutation-groups.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length < 2) return [items];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map(rest => [item, ...rest]));
}

test('the best assignment is the best of all', () => {
  const square = fc
    .integer({ min: 1, max: 5 })
    .chain(size =>
      fc.array(fc.integer({ min: -9, max: 9 }), { minLength: size * size, maxLength: size * size }),
    );
  fc.assert(
    fc.property(square, values => {
      const size = Math.sqrt(values.length);
      const sumOf = (order: readonly number[]): number =>
        order.reduce((sum, column, row) => sum + (values[row * size + column] ?? 0), 0);
      const best = Math.max(...permutations([...Array(size).keys()]).map(sumOf));
      const found = [...bestAssignment(Float64Array.from(values), size)];
      expect([...found].sort((a, b) => a - b)).toEqual([...Array(size).keys()]);
      expect(sumOf(found)).toBe(best);
    }),
  );
});

const SHAPES = new Map<string, readonly number[]>([
  ['fc1.weight', [7, 4]],
  ['fc1.bias', [7]],
  ['fc2.weight', [6, 7]],
  ['fc2.bias', [6]],
  ['fc3.weight', [3, 6]],
  ['fc3.bias', [3]],
]);
const WEIGHTS = ['fc1.weight', 'fc2.weight', 'fc3.weight'];

function model(): ReadonlyMap<string, Float32Array> {
  return new Map(
    [...SHAPES].map(([name, shape], at) => [
      name,
      Float32Array.from(
        plainNumbers(
          shape.reduce((a, b) => a * b, 1),
          at + 1,
        ),
      ),
    ]),
  );
}

/** The same network with its hidden units in another order. */
function shuffled(tensors: ReadonlyMap<string, Float32Array>): ReadonlyMap<string, Float32Array> {
  const result = new Map(tensors);
  for (const { size, axes } of layerGroups(WEIGHTS, SHAPES)) {
    const order = Uint32Array.from({ length: size }, (_, at) => at);
    createRandom(size, 'planted').shuffle(order);
    for (const { tensor, axis } of axes)
      result.set(
        tensor,
        permuted(result.get(tensor) ?? new Float32Array(), SHAPES.get(tensor) ?? [], {
          axis,
          order: Int32Array.from(order),
        }),
      );
  }
  return result;
}

test('a planted permutation of all layers is found and undone exactly', async () => {
  const reference = model();
  const other = shuffled(reference);
  const groups = layerGroups(WEIGHTS, SHAPES);
  const read = (tensors: ReadonlyMap<string, Float32Array>) => async (name: string) =>
    tensors.get(name) ?? new Float32Array();
  const matched = await matchWeights({
    groups,
    shapes: SHAPES,
    reference: read(reference),
    model: read(other),
    seed: 1,
    rounds: 50,
  });
  const aligned = new Map(other);
  for (const { group, order } of matched)
    for (const { tensor, axis } of group.axes)
      aligned.set(
        tensor,
        permuted(aligned.get(tensor) ?? new Float32Array(), SHAPES.get(tensor) ?? [], { axis, order }),
      );
  expect(aligned).toEqual(reference);
  expect(matched.every(({ before, after }) => after > before)).toBe(true);
});

test('groups of usual blocks are found by their names, each by its own', () => {
  const shapes = new Map<string, readonly number[]>([
    ['model.layers.0.mlp.gate_proj.weight', [8, 4]],
    ['model.layers.0.mlp.up_proj.weight', [8, 4]],
    ['model.layers.0.mlp.down_proj.weight', [4, 8]],
    ['bert.encoder.layer.1.intermediate.dense.weight', [6, 4]],
    ['bert.encoder.layer.1.intermediate.dense.bias', [6]],
    ['bert.encoder.layer.1.output.dense.weight', [4, 6]],
    ['bert.encoder.layer.1.attention.output.dense.weight', [4, 4]],
    ['h.0.mlp.c_fc.weight', [4, 16]],
    ['h.0.mlp.c_proj.weight', [12, 4]], // Does not fit.
  ]);
  expect(groupsOf(BUNDLED_PATTERNS, shapes).map(({ name, size, axes }) => [name, size, axes.length])).toEqual(
    [
      ['model.layers.0', 8, 3],
      ['bert.encoder.layer.1', 6, 3],
    ],
  );
});

test('bytes of whole elements are moved as they are', () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, at) => at);
  const order = Int32Array.of(2, 0, 1);
  expect([...permuted(bytes, [2, 3], { axis: 1, order, width: 2 })]).toEqual([
    4, 5, 0, 1, 2, 3, 10, 11, 6, 7, 8, 9,
  ]);
});
