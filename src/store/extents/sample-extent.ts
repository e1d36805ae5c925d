import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { CodingPolicy } from '../tensor-store.ts';
import { chainCost, costAbove, isAffordable } from './chain.ts';
import {
  chooseCoding,
  rateCoding,
  type SamplePlace,
  SHORTEST_CODED,
  samplePlaces,
  samplePlacesOfOneFrame,
} from './choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from './coding.ts';
import { discoverPrediction } from './discover-prediction.ts';
import { lentSlices } from './lent-slices.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { type ExtentRange, readExtent } from './read-extent.ts';
import type { ReadPart } from './read-part.ts';
import type { WriteSession } from './session.ts';

/** Samples an extent, and the extent it may be coded against, and chooses its coding. Skeletons stay raw. */
export async function sampleExtent(
  { extent, policy }: { readonly extent: PlannedExtent; readonly policy: CodingPolicy },
  readPart: ReadPart,
  session: WriteSession,
): Promise<Coding> {
  const { span, dtype, base } = extent;
  if (policy === 'raw' || span.role === 'skeleton' || span.length < SHORTEST_CODED) return RAW_CODING;
  const layouts = layoutsFor(dtype);
  if (base === undefined || !(await isUsableBase(base, span.length, session))) {
    const places = samplePlaces(span.length);
    const parts = await readEach(places, readPart);
    return chooseCoding({ parts, layouts, base: undefined }, session.engine);
  }
  const { places, baseParts } = await readBase(base, span.length, session);
  const parts = await readEach(places, readPart);
  const sample = { parts, layouts, base: { digest: base, parts: baseParts } };
  const rated = await rateCoding(sample, session.engine);
  return (await discoverPrediction({ extent, places, sample, rated, readPart }, session)) ?? rated.coding;
}

async function readEach(places: readonly SamplePlace[], read: ReadPart): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (const place of places) parts.push(await read(place));
  return parts;
}

/** Samples a base, where it has to be decoded as few of its frames as will do, and says where. */
async function readBase(
  base: Digest,
  length: number,
  session: WriteSession,
): Promise<{ readonly places: readonly SamplePlace[]; readonly baseParts: readonly Uint8Array[] }> {
  const together = (await isCoded(base, session)) ? samplePlacesOfOneFrame(length) : undefined;
  if (together) return { places: together, baseParts: await readTogether(base, together, session) };
  const places = samplePlaces(length);
  return { places, baseParts: await readEach(places, place => readStored(base, place, session)) };
}

/** Parts of a stored extent that lie near each other, in order: what lies between them is read once, and not kept. Errors: those of reading. */
async function readTogether(
  digest: Digest,
  places: readonly SamplePlace[],
  session: WriteSession,
): Promise<readonly Uint8Array[]> {
  const offset = places[0]?.offset ?? 0;
  const end = places.reduce((last, place) => Math.max(last, place.offset + place.length), offset);
  const parts = places.map(({ length }) => Buffer.allocUnsafeSlow(length));
  let at = offset;
  const range = { offset, length: end - offset };
  for await (const slice of lentSlices(
    context => readExtent(digest, range, context),
    session.readContext(),
  )) {
    for (const [index, place] of places.entries()) {
      const from = Math.max(at, place.offset);
      const to = Math.min(at + slice.length, place.offset + place.length);
      if (from < to) parts[index]?.set(slice.subarray(from - at, to - at), from - place.offset);
    }
    at += slice.length;
  }
  if (at < end) throw new MgitError('EXTENT_CORRUPT', 'an extent ended before its length');
  return parts;
}

/** Whether a stored extent has to be decoded to be read. */
export async function isCoded(digest: Digest, session: WriteSession): Promise<boolean> {
  const segments = (await session.lookup(digest))?.segments ?? [];
  return segments.some(({ entry }) => entry.kind !== RECORD_KINDS.raw);
}

/** Part of a stored extent. */
export async function readStored(
  digest: Digest,
  range: ExtentRange,
  session: WriteSession,
): Promise<Uint8Array> {
  const [part] = await readTogether(digest, [range], session);
  return part ?? new Uint8Array();
}

/** A base must be in the store already, and a record above it within the bounds of chains. */
async function isUsableBase(base: Digest, length: number, session: WriteSession): Promise<boolean> {
  if (!(await session.keeps(base))) return false;
  const cost = await chainCost(base, session.lookup);
  return isAffordable(length, costAbove(length, [cost]));
}
