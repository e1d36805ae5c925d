import type { Digest } from '../../base/ids.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import type { PackEntry } from '../packs/pack-index.ts';

/** One pack's part of a record, used for the bytes from `from` up to `to` of the extent. */
export interface LocatedSegment {
  readonly pack: OpenPack;
  readonly entry: PackEntry;
  readonly from: number;
  readonly to: number;
}

/** A record that is wholly there: its segments cover the extent in order. */
export interface LocatedRecord {
  readonly digest: Digest;
  readonly length: number;
  readonly segments: readonly LocatedSegment[];
}

/** What one pack says of an extent. */
export type Candidate = Omit<LocatedSegment, 'from' | 'to'>;

/** A record of what packs say of an extent. One that says the bytes plainly is preferred to one that must be computed. */
export function recordOf(digest: Digest, candidates: Candidate[]): LocatedRecord | undefined {
  candidates.sort((left, right) => left.entry.kind - right.entry.kind);
  const length = candidates[0]?.entry.length;
  if (length === undefined) return undefined;
  const segments = cover(
    candidates.filter(({ entry }) => entry.length === length),
    length,
  );
  return segments && { digest, length, segments };
}

function cover(candidates: readonly Candidate[], length: number): readonly LocatedSegment[] | undefined {
  const whole = candidates.find(({ entry }) => entry.segmentSpan === length);
  if (whole) return [{ ...whole, from: 0, to: length }];
  const segments: LocatedSegment[] = [];
  for (let from = 0; from < length; ) {
    const next = farthest(candidates, from);
    if (!next) return undefined;
    const to = endOfEntry(next.entry);
    segments.push({ ...next, from, to });
    from = to;
  }
  return segments;
}

function farthest(candidates: readonly Candidate[], position: number): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    const covers = candidate.entry.segmentStart <= position && endOfEntry(candidate.entry) > position;
    if (covers && (!best || endOfEntry(candidate.entry) > endOfEntry(best.entry))) best = candidate;
  }
  return best;
}

/** Where an entry's segment ends in the extent. */
export function endOfEntry(entry: PackEntry): number {
  return entry.segmentStart + entry.segmentSpan;
}
