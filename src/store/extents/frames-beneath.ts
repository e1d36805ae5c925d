import { CHAIN_LIMITS, FRAME_BYTES } from '../packs/limits.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { LocatedSegment } from './locate.ts';
import { type FramePlace, framesWithin, type ReadContext } from './read-extent.ts';
import { baseOf } from './references.ts';

/** A frame, and the segment that it lies in. */
export interface LayerFrame extends FramePlace {
  readonly segment: LocatedSegment;
}

/**
 * For each frame of an `xor` record those beneath it: of the record that it refers to, of the one that that one refers to, and so on down to
 * `planes`. Undefined where they cannot be decoded together: other kinds of record among them, other elements, or frames cut elsewhere. Then
 * what the record refers to is read as any other extent.
 */
export async function framesBeneath(
  segment: LocatedSegment,
  places: readonly FramePlace[],
  { lookup, depth }: Pick<ReadContext, 'lookup' | 'depth'>,
): Promise<readonly (readonly LayerFrame[])[] | undefined> {
  const beneath = places.map((): LayerFrame[] => []);
  let top = segment;
  for (let level = depth; top.entry.kind === RECORD_KINDS.xor; level++) {
    const record = level < CHAIN_LIMITS.depth ? await lookup(baseOf(top.entry)) : undefined;
    const [below, ...others] = record?.segments ?? [];
    if (!below || others.length > 0 || !hasSameElements(below, segment)) return undefined;
    const frames = framesAt(places, below);
    if (!frames) return undefined;
    for (const [at, frame] of frames.entries()) beneath[at]?.push({ ...frame, segment: below });
    top = below;
  }
  return top.entry.kind === RECORD_KINDS.planes ? beneath : undefined;
}

function hasSameElements({ entry: below }: LocatedSegment, { entry: above }: LocatedSegment): boolean {
  return below.elementSize === above.elementSize && below.flags === above.flags;
}

/** The frames of a segment that begin and end where these do; undefined where one does not, or is larger than ours. */
function framesAt(places: readonly FramePlace[], segment: LocatedSegment): readonly FramePlace[] | undefined {
  const [first, last] = [places[0], places.at(-1)];
  if (!first || !last) return [];
  const offset = first.start;
  const length = last.start + last.frame.rawLength - offset;
  const frames = [...framesWithin(segment, { offset, length })];
  const isSame = ({ frame, start }: FramePlace, at: number): boolean =>
    start === places[at]?.start &&
    frame.rawLength === places[at]?.frame.rawLength &&
    frame.rawLength <= FRAME_BYTES;
  return frames.length === places.length && frames.every(isSame) ? frames : undefined;
}
