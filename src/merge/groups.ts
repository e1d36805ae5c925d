import { elementCount } from '../tensor/dtype.ts';

/** Elements whose products are one leaf of a sum's tree, from the beginning of a group on. Frozen: the last bits of sums depend on it. */
export const BLOCK_ELEMENTS = 4096;

/**
 * Which elements of a tensor are one vector: all of them, those of each row (along the last dimension), or those of each column (along
 * the first dimension).
 */
export type Grouping = 'all' | 'rows' | 'columns';

/** A run of elements that consists of whole groups: what is measured, then written, before the next one. */
export interface Band {
  readonly start: number;
  readonly count: number;
  readonly groups: number;
  /** True when element i belongs to group i modulo `groups`; otherwise groups follow each other. */
  readonly isInterleaved: boolean;
}

/** All rows of a tensor, as one band. */
export function allRows(shape: readonly number[]): Band {
  const count = elementCount(shape);
  return {
    start: 0,
    count,
    groups: shape.length < 2 ? 1 : count / (shape.at(-1) ?? 1),
    isInterleaved: false,
  };
}

/** Elements of a group of the band. */
export function groupSize({ count, groups }: Band): number {
  return count / groups;
}

/**
 * Cuts a tensor in bands: as many rows as have at most `atMost` elements together (at least one); else the whole tensor. Tensors of
 * fewer than two dimensions are one vector.
 */
export function* bandsOf(shape: readonly number[], grouping: Grouping, atMost: number): Iterable<Band> {
  const total = elementCount(shape);
  if (total === 0) return;
  const [first = 1, last = 1] = [shape[0], shape.at(-1)];
  if (grouping === 'all' || shape.length < 2)
    yield { start: 0, count: total, groups: 1, isInterleaved: false };
  else if (grouping === 'columns')
    yield { start: 0, count: total, groups: total / first, isInterleaved: true };
  else {
    const step = Math.max(1, Math.floor(atMost / last)) * last;
    for (let start = 0; start < total; start += step) {
      const count = Math.min(step, total - start);
      yield { start, count, groups: count / last, isInterleaved: false };
    }
  }
}

/** A part of a band that belongs to one group (interleaved: to consecutive groups, once each). */
export interface Run {
  /** Elements from the start of the slice, and how many. */
  readonly offset: number;
  readonly count: number;
  /** The (first) group. */
  readonly group: number;
}

/** Cuts `count` elements from `start` of a band in runs; of long groups one per block. */
export function* runsOf(band: Band, start: number, count: number): Iterable<Run> {
  const period = band.isInterleaved ? band.groups : groupSize(band);
  for (let at = start; at < start + count; ) {
    const within = at % period;
    const block = band.isInterleaved ? period : BLOCK_ELEMENTS;
    const end = Math.min(start + count, at - within + period, at - (within % block) + block);
    yield {
      offset: at - start,
      count: end - at,
      group: band.isInterleaved ? within : Math.floor(at / period),
    };
    at = end;
  }
}
