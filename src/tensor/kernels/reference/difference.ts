/** What the difference kernels find in one block, in the order in which they write it. */
export interface BlockSums {
  /** Sums over elements that are finite on both sides. */
  readonly beforeSquared: number;
  readonly afterSquared: number;
  readonly product: number;
  readonly differenceSquared: number;
  readonly largest: number;
  readonly nanBefore: number;
  readonly nanAfter: number;
  readonly infiniteBefore: number;
  readonly infiniteAfter: number;
}

/** The scalar reference of `differenceBlockF32` and `differenceBlockF64`; the lengths are a multiple of 4. */
export function differenceBlock(before: ArrayLike<number>, after: ArrayLike<number>): BlockSums {
  const pairs = Array.from(before, (a, index) => finitePair(a, after[index] ?? 0));
  const sum = (term: (a: number, b: number) => number): number => lanes(pairs.map(([a, b]) => term(a, b)));
  return {
    beforeSquared: sum(a => a * a),
    afterSquared: sum((_, b) => b * b),
    product: sum((a, b) => a * b),
    differenceSquared: sum((a, b) => (b - a) * (b - a)),
    largest: pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(b - a)), 0),
    nanBefore: count(before, Number.isNaN),
    nanAfter: count(after, Number.isNaN),
    infiniteBefore: count(before, isInfinite),
    infiniteAfter: count(after, isInfinite),
  };
}

function finitePair(a: number, b: number): readonly [number, number] {
  return Number.isFinite(a) && Number.isFinite(b) ? [a, b] : [0, 0];
}

/** Term i goes to lane i modulo 4; the lanes are added as (0 + 1) + (2 + 3). */
function lanes(terms: readonly number[]): number {
  const lane = (first: number): number =>
    terms.reduce((total, term, index) => (index % 4 === first ? total + term : total), 0);
  return lane(0) + lane(1) + (lane(2) + lane(3));
}

function isInfinite(value: number): boolean {
  return Math.abs(value) === Infinity;
}

function count(values: ArrayLike<number>, is: (value: number) => boolean): number {
  return Array.from(values).filter(is).length;
}
