import type { Digest } from '../../base/ids.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { AddContext } from './add-context.ts';
import { type Coding, RAW_CODING } from './coding.ts';
import { createFrameLine } from './frame-line.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { sampleExtent } from './sample-extent.ts';
import { readBuffer } from './source-slices.ts';
import { recordExtent } from './write-extent.ts';

/** A small extent, its bytes and its digest. */
interface HashedPart {
  readonly extent: PlannedExtent;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Adds small extents that follow each other in the file: one read, one round of hashing, one write for what stays raw. */
export async function addRun(run: readonly PlannedExtent[], context: AddContext): Promise<void> {
  const { source, session } = context;
  const lengths = run.map(({ span }) => span.length);
  const offset = run[0]?.span.offset ?? 0;
  const length = lengths.reduce((total, each) => total + each, 0);
  const buffer = await readBuffer(source, { offset, length }, session.buffers);
  try {
    const digests = await session.engine.digests(buffer, lengths);
    const parts = run.map((extent, at): HashedPart => {
      const from = extent.span.offset - offset;
      return {
        extent,
        bytes: buffer.subarray(from, from + extent.span.length),
        digest: digests[at] as Digest,
      };
    });
    for (const { extent, digest } of parts) context.hashed(extent, digest);
    await storeParts(parts, context);
  } finally {
    session.buffers.release(buffer);
  }
}

async function storeParts(parts: readonly HashedPart[], context: AddContext): Promise<void> {
  let raw: HashedPart[] = [];
  for (const part of parts) {
    const coding = await codingOfNew(part, context);
    if (coding?.kind === RECORD_KINDS.raw) {
      raw.push(part);
      continue;
    }
    await storeRaw(raw, context);
    raw = [];
    if (coding) await storeCoded(part, coding, context);
  }
  await storeRaw(raw, context);
}

/** The coding of an extent that must be stored; undefined for one that is stored already. */
async function codingOfNew(
  { extent, bytes, digest }: HashedPart,
  context: AddContext,
): Promise<Coding | undefined> {
  if (!(await context.session.claim(digest))) return undefined;
  const readPart = async ({ offset, length }: { offset: number; length: number }): Promise<Uint8Array> =>
    bytes.subarray(offset, offset + length);
  return sampleExtent({ extent, policy: context.policy }, readPart, context.session);
}

async function storeRaw(parts: readonly HashedPart[], { session, stored }: AddContext): Promise<void> {
  const [first] = parts;
  const last = parts.at(-1);
  if (!first || !last) return;
  const { buffer, byteOffset } = first.bytes;
  const bytes = new Uint8Array(buffer, byteOffset, last.bytes.byteOffset + last.bytes.length - byteOffset);
  const { frames, written } = session.packs.placeRun(
    bytes,
    parts.map(part => part.bytes.length),
  );
  await written;
  parts.forEach(({ digest, bytes: { length } }, at) => {
    const frame = frames[at];
    if (frame) stored(recordExtent({ digest, length, coding: RAW_CODING, frames: [frame] }, session));
  });
}

async function storeCoded(
  { bytes, digest }: HashedPart,
  coding: Coding,
  { session, stored }: AddContext,
): Promise<void> {
  const line = createFrameLine(coding, session);
  await line.push(bytes);
  await line.close();
  stored(recordExtent({ digest, length: bytes.length, coding, frames: line.frames }, session));
}
