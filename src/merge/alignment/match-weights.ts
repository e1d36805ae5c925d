import { createRandom } from '../../base/random.ts';
import { bestAssignment } from './assignment.ts';
import type { PermutationGroup, Shapes } from './permutation-groups.ts';

/** The numbers of a tensor. */
export type ReadNumbers = (tensor: string) => Promise<Float32Array>;

/** What is aligned, and with what. */
export interface MatchOptions {
  readonly groups: readonly PermutationGroup[];
  readonly shapes: Shapes;
  readonly reference: ReadNumbers;
  readonly model: ReadNumbers;
  readonly seed: number;
  /** Rounds over all groups at most. */
  readonly rounds: number;
  readonly onGroup?: (name: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The permutation of a group: unit i of the aligned model is unit `order[i]` of the model. */
export interface MatchedGroup {
  readonly group: PermutationGroup;
  readonly order: Int32Array;
  /** The sum of products with the reference before and after, over all axes of the group as all others are aligned in the end. */
  readonly before: number;
  readonly after: number;
}

/**
 * Weight matching: one group after the other gets the permutation of its units that makes the model's weights most like the reference's, the
 * others staying as they are, until nothing changes. Source: Ainsworth, Hayase and Srinivasa 2022, Git Re-Basin, algorithm 1,
 * https://arxiv.org/abs/2209.04836
 */
export async function matchWeights(options: MatchOptions): Promise<readonly MatchedGroup[]> {
  const { groups, seed, rounds, signal } = options;
  const orders = new Map(groups.map(group => [group, identity(group.size)]));
  const random = createRandom(seed, 'weight matching');
  for (let round = 0, isChanged = true; round < rounds && isChanged; round++) {
    isChanged = false;
    const turn = Uint32Array.from(groups.keys());
    random.shuffle(turn);
    for (const at of turn) {
      signal?.throwIfAborted();
      const group = groups[at] as PermutationGroup;
      options.onGroup?.(group.name);
      const gain = await similarity(group, orders, options);
      const order = bestAssignment(gain, group.size);
      const old = orders.get(group) as Int32Array;
      if (total(gain, order) > total(gain, old) + 1e-12 * Math.abs(total(gain, old))) {
        orders.set(group, order);
        isChanged = true;
      }
    }
  }
  const matched: MatchedGroup[] = [];
  for (const group of groups) {
    const gain = await similarity(group, orders, options);
    const order = orders.get(group) as Int32Array;
    matched.push({ group, order, before: total(gain, identity(group.size)), after: total(gain, order) });
  }
  return matched;
}

function identity(size: number): Int32Array {
  return Int32Array.from({ length: size }, (_, at) => at);
}

function total(gain: Float64Array, order: Int32Array): number {
  return order.reduce((sum, column, row) => sum + (gain[row * order.length + column] ?? 0), 0);
}

/** Products of each unit of the reference with each of the model, over all axes of the group: size x size. */
async function similarity(
  group: PermutationGroup,
  orders: ReadonlyMap<PermutationGroup, Int32Array>,
  { groups, shapes, reference, model }: MatchOptions,
): Promise<Float64Array> {
  const { size } = group;
  const gain = new Float64Array(size * size);
  for (const { tensor, axis } of group.axes) {
    const shape = shapes.get(tensor) ?? [];
    const others = groups.flatMap(other =>
      other.axes.flatMap(place =>
        place.tensor === tensor && !(other === group && place.axis === axis)
          ? [{ axis: place.axis, order: orders.get(other) as Int32Array }]
          : [],
      ),
    );
    let turned = await model(tensor);
    for (const other of others) turned = permuted(turned, shape, other);
    addProducts(gain, {
      size,
      left: unitsFirst(await reference(tensor), shape, axis),
      right: unitsFirst(turned, shape, axis),
    });
  }
  return gain;
}

interface Units {
  readonly size: number;
  /** A row of numbers for each unit. */
  readonly left: Float32Array;
  readonly right: Float32Array;
}

function addProducts(gain: Float64Array, { size, left, right }: Units): void {
  const width = left.length / size;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let sum = 0;
      const [from, other] = [row * width, column * width];
      for (let at = 0; at < width; at++) sum += (left[from + at] as number) * (right[other + at] as number);
      gain[row * size + column] = (gain[row * size + column] as number) + sum;
    }
}

/** Elements before, along and after an axis. */
function extents(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  const product = (sizes: readonly number[]): number => sizes.reduce((all, one) => all * one, 1);
  return {
    outer: product(shape.slice(0, axis)),
    size: shape[axis] ?? 1,
    inner: product(shape.slice(axis + 1)),
  };
}

function unitsFirst(values: Float32Array, shape: readonly number[], axis: number): Float32Array {
  const { outer, size, inner } = extents(shape, axis);
  if (outer === 1) return values;
  const result = new Float32Array(values.length);
  for (let before = 0; before < outer; before++)
    for (let unit = 0; unit < size; unit++)
      for (let after = 0; after < inner; after++)
        result[(unit * outer + before) * inner + after] = values[(before * size + unit) * inner + after] ?? 0;
  return result;
}

/** A tensor's elements with unit `order[i]` of an axis at place i; bytes of whole elements, where `width` says how many an element has. */
export function permuted<Elements extends Float32Array | Uint8Array>(
  values: Elements,
  shape: readonly number[],
  { axis, order, width = 1 }: { readonly axis: number; readonly order: Int32Array; readonly width?: number },
): Elements {
  const { outer, size, inner } = extents(shape, axis);
  const run = inner * width;
  const result = values.slice() as Elements;
  for (let before = 0; before < outer; before++)
    for (let unit = 0; unit < size; unit++) {
      const from = (before * size + (order[unit] ?? 0)) * run;
      result.set(values.subarray(from, from + run), (before * size + unit) * run);
    }
  return result;
}
