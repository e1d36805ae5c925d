import type { ByteSource } from '../../formats/checkpoint.ts';
import { chainCost, costAbove, isAffordable } from './chain.ts';
import { chooseCoding, samplePlaces } from './choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from './coding.ts';
import { exactReader } from './exact-reader.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { readExtent } from './read-extent.ts';
import type { WriteSession } from './session.ts';

/** Samples an extent of a file, and the extent it may be coded against, and chooses its coding. Skeletons stay raw. */
export async function sampleFile(
  source: ByteSource,
  { span, dtype, base }: PlannedExtent,
  session: WriteSession,
): Promise<Coding> {
  if (span.role === 'skeleton') return RAW_CODING;
  const places = samplePlaces(span.length);
  const parts: Uint8Array[] = [];
  for (const place of places) parts.push(await source.read(span.offset + place.offset, place.length));
  const digest = base !== undefined && (await isUsableBase(base, span.length, session)) ? base : undefined;
  if (digest === undefined)
    return chooseCoding({ parts, layouts: layoutsFor(dtype), base: undefined }, session.engine);
  const baseParts: Uint8Array[] = [];
  for (const place of places) {
    const reader = exactReader(readExtent(digest, place, session.readContext()));
    baseParts.push(await reader.take(place.length));
    await reader.close();
  }
  return chooseCoding(
    { parts, layouts: layoutsFor(dtype), base: { digest, parts: baseParts } },
    session.engine,
  );
}

/** A base must be in the store already, and a record above it within the bounds of chains. */
async function isUsableBase(
  base: PlannedExtent['base'],
  length: number,
  session: WriteSession,
): Promise<boolean> {
  if (base === undefined || !(await session.lookup(base))) return false;
  const cost = await chainCost(base, session.lookup);
  return isAffordable(length, costAbove(length, [cost]));
}
