import type { CodingPolicy } from '../tensor-store.ts';
import { chainCost, costAbove, isAffordable } from './chain.ts';
import { chooseCoding, rateCoding, SHORTEST_CODED, samplePlaces } from './choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from './coding.ts';
import { discoverPrediction } from './discover-prediction.ts';
import { exactReader } from './exact-reader.ts';
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
  const places = samplePlaces(span.length);
  const parts: Uint8Array[] = [];
  for (const place of places) parts.push(await readPart(place));
  const layouts = layoutsFor(dtype);
  if (base === undefined || !(await isUsableBase(base, span.length, session)))
    return chooseCoding({ parts, layouts, base: undefined }, session.engine);
  const baseParts: Uint8Array[] = [];
  for (const place of places) baseParts.push(await readStored(base, place, session));
  const sample = { parts, layouts, base: { digest: base, parts: baseParts } };
  const rated = await rateCoding(sample, session.engine);
  return (await discoverPrediction({ extent, sample, rated, readPart }, session)) ?? rated.coding;
}

/** Part of a stored extent. */
export async function readStored(
  digest: NonNullable<PlannedExtent['base']>,
  range: ExtentRange,
  session: WriteSession,
): Promise<Uint8Array> {
  const slices = lentSlices(context => readExtent(digest, range, context), session.readContext());
  const reader = exactReader(slices);
  const bytes = await reader.fill(Buffer.allocUnsafeSlow(range.length));
  await reader.close();
  return bytes;
}

/** A base must be in the store already, and a record above it within the bounds of chains. */
async function isUsableBase(
  base: NonNullable<PlannedExtent['base']>,
  length: number,
  session: WriteSession,
): Promise<boolean> {
  if (!(await session.keeps(base))) return false;
  const cost = await chainCost(base, session.lookup);
  return isAffordable(length, costAbove(length, [cost]));
}
