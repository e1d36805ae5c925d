import type { Floats } from './merge.ts';

/** Sums over two task vectors, left - base and right - base. */
export interface TaskVectorSums {
  readonly squaresLeft: number;
  readonly squaresRight: number;
  readonly products: number;
  /** Elements that moved in opposite directions. */
  readonly opposed: number;
  /** Elements that moved in both. */
  readonly moved: number;
}

/** The sums in float64: element i is added to lane i modulo 2, and the lanes are added at the end. */
export function taskVectorSums(base: Floats, left: Floats, right: Floats): TaskVectorSums {
  const lanes = [new Float64Array(5), new Float64Array(5)] as const;
  for (const [i, origin] of base.entries()) {
    const l = (left[i] ?? 0) - origin;
    const r = (right[i] ?? 0) - origin;
    const opposed = (l > 0 && r < 0) || (l < 0 && r > 0);
    const moved = l !== 0 && r !== 0;
    const terms = [l * l, r * r, l * r, Number(opposed), Number(moved)];
    const lane = lanes[i % 2 === 0 ? 0 : 1];
    for (const [k, term] of terms.entries()) lane[k] = (lane[k] ?? 0) + term;
  }
  const [even, odd] = lanes;
  const [squaresLeft = 0, squaresRight = 0, products = 0, opposed = 0, moved = 0] = even.map(
    (value, k) => value + (odd[k] ?? 0),
  );
  return { squaresLeft, squaresRight, products, opposed, moved };
}

/** How many values are NaN or infinite. */
export function countNonFinite(values: Iterable<number>): number {
  let found = 0;
  for (const value of values) if (!Number.isFinite(value)) found++;
  return found;
}
