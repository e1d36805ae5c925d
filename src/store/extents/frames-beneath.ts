import type { Digest } from '../../base/ids.ts';
import type { ElementLayout } from '../packs/codecs/codec.ts';
import { CHAIN_LIMITS, FRAME_BYTES } from '../packs/limits.ts';
import { FLAG_ROTATED, type PackEntry } from '../packs/pack-index.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { LocatedSegment } from './locate.ts';
import { type FramePlace, framesWithin, type ReadContext } from './read-extent.ts';
import { baseOf } from './references.ts';

/** A frame, and the segment that it lies in. */
export interface LayerFrame extends FramePlace {
  readonly segment: LocatedSegment;
}

/**
 * For each frame of a record those beneath it: of the record that it refers to, of the one that that one refers to, and so on down to
 * `planes`, which has none. Undefined where they cannot be decoded together: other kinds of record among them, other elements, or frames cut elsewhere. Then
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

/**
 * For each frame of an extent that is to be coded as `xor` against a stored one, those that its part of that one is decoded from. Undefined
 * where they cannot be decoded together, are not cut as ours are, or take more than a buffer: those of a long chain can be decoded in less memory.
 */
export async function framesToCodeAgainst(
  base: Digest,
  elements: ElementLayout,
  { lookup, depth }: Pick<ReadContext, 'lookup' | 'depth'>,
): Promise<readonly (readonly LayerFrame[])[] | undefined> {
  const [segment, ...others] = (await lookup(base))?.segments ?? [];
  if (!segment || others.length > 0 || !isLaidOut(segment.entry, elements)) return undefined;
  const places = [...framesWithin(segment, { offset: 0, length: segment.entry.length })];
  const isOurs = ({ frame, start }: FramePlace, at: number): boolean =>
    start === at * FRAME_BYTES && frame.rawLength <= FRAME_BYTES;
  if (!places.every(isOurs)) return undefined;
  const beneath = await framesBeneath(segment, places, { lookup, depth: depth + 1 });
  const layers = beneath?.map((frames, at) => [{ ...(places[at] as FramePlace), segment }, ...frames]);
  return layers?.every(frames => storedBytes(frames) <= FRAME_BYTES) ? layers : undefined;
}

/** The bytes that frames take as they are stored. */
export const storedBytes = (frames: readonly LayerFrame[]): number =>
  frames.reduce((total, { frame }) => total + frame.storedLength, 0);

function isLaidOut({ elementSize, flags }: PackEntry, elements: ElementLayout): boolean {
  return elementSize === elements.elementSize && ((flags & FLAG_ROTATED) !== 0) === elements.rotate;
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
