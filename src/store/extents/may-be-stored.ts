import { hash } from 'node:crypto';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { AddContext } from './add-context.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { isCoded, readStored } from './sample-extent.ts';
import { HELD_BUFFERS } from './work-force.ts';

/** Bytes that tell whether two extents of equal length begin alike. */
const BEGINNING = 4096;

/**
 * Whether an extent may be in the store, or come a second time in its file: it is hashed before anything is written then. A guess, from its
 * length and its first bytes: wrong either way costs time only.
 */
export async function mayBeStored(
  extent: PlannedExtent,
  { source, session, beginnings }: AddContext,
): Promise<boolean> {
  const { span, base } = extent;
  const beginning = await source.read(span.offset, Math.min(BEGINNING, span.length));
  const key = `${span.length} ${hash('sha256', beginning, 'base64')}`;
  const isRepeated = beginnings.has(key);
  beginnings.add(key);
  if (isRepeated) return true;
  if (!(await session.hasLength(span.length))) return false;
  if (base === undefined || !(await session.lookup(base))) return true;
  if (isHeld(extent) && (await isCoded(base, session))) return true; // Hashing takes less time than decoding a frame.
  const before = await readStored(base, { offset: 0, length: beginning.length }, session);
  return Buffer.compare(before, beginning) === 0;
}

/** Whether an extent is short enough to be held in memory until its digest is known. */
export function isHeld({ span }: Pick<PlannedExtent, 'span'>): boolean {
  return span.length <= HELD_BUFFERS * FRAME_BYTES;
}
