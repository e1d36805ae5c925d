import { FRAME_BYTES } from '../packs/limits.ts';
import type { AddContext } from './add-context.ts';
import { createFrameLine } from './frame-line.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { sampleExtent } from './sample-extent.ts';
import { readBuffer } from './source-slices.ts';
import { recordExtent } from './write-extent.ts';

/** Adds an extent of a few frames: read once, held in memory until its digest tells whether it is new. */
export async function addHeld(extent: PlannedExtent, context: AddContext): Promise<void> {
  const { session } = context;
  const held: Uint8Array[] = [];
  try {
    const digest = await hashHeld(extent, held, context);
    context.hashed(extent, digest);
    if (await session.claim(digest)) await storeHeld(extent, held, { ...context, digest });
  } finally {
    for (const buffer of held) session.buffers.release(buffer);
  }
}

async function hashHeld({ span }: PlannedExtent, held: Uint8Array[], context: AddContext) {
  const { source, session } = context;
  const hasher = session.engine.hasher();
  const updates: Promise<void>[] = [];
  for (let at = 0; at < span.length; at += FRAME_BYTES) {
    const length = Math.min(FRAME_BYTES, span.length - at);
    const bytes = await readBuffer(source, { offset: span.offset + at, length }, session.buffers);
    held.push(bytes);
    updates.push(hasher.update(bytes));
  }
  await Promise.all(updates);
  return hasher.digest();
}

async function storeHeld(
  extent: PlannedExtent,
  held: readonly Uint8Array[],
  context: AddContext & { readonly digest: Awaited<ReturnType<typeof hashHeld>> },
): Promise<void> {
  const { session, policy, digest } = context;
  const readPart = async ({ offset, length }: { offset: number; length: number }): Promise<Uint8Array> =>
    partOf(held, offset, length);
  const coding = await sampleExtent({ extent, policy }, readPart, session);
  const line = createFrameLine(coding, session);
  try {
    await Promise.all(held.map(bytes => line.push(bytes)));
  } finally {
    await line.close();
  }
  context.stored(recordExtent({ digest, length: extent.span.length, coding, frames: line.frames }, session));
}

function partOf(held: readonly Uint8Array[], offset: number, length: number): Uint8Array {
  const first = held[Math.floor(offset / FRAME_BYTES)] ?? new Uint8Array();
  const from = offset % FRAME_BYTES;
  if (from + length <= first.length) return first.subarray(from, from + length);
  const second = held[Math.floor(offset / FRAME_BYTES) + 1] ?? new Uint8Array();
  return Buffer.concat([first.subarray(from), second.subarray(0, from + length - first.length)]);
}
