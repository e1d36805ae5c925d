import type { Digest } from '../../base/ids.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { AddContext } from './add-context.ts';
import { type Coding, RAW_CODING } from './coding.ts';
import { createFrameLine } from './frame-line.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { sampleExtent } from './sample-extent.ts';
import type { WriteSession } from './session.ts';
import { readBuffer } from './source-slices.ts';
import { recordExtent } from './write-extent.ts';

/** A small extent that must be stored, its bytes and its digest. */
interface NewPart {
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
    for (const [at, extent] of run.entries()) context.hashed(extent, digests[at] as Digest);
    await storeNew(newParts(run, { buffer, digests }, session), context);
  } finally {
    session.buffers.release(buffer);
  }
}

/** Those that are not stored yet, one after the other. */
async function* newParts(
  run: readonly PlannedExtent[],
  { buffer, digests }: { readonly buffer: Uint8Array; readonly digests: readonly Digest[] },
  session: WriteSession,
): AsyncGenerator<NewPart> {
  let at = 0;
  let from = 0;
  for (const extent of run) {
    const digest = digests[at++] as Digest;
    const to = from + extent.span.length;
    if (await session.claim(digest)) yield { extent, digest, bytes: buffer.subarray(from, to) };
    from = to;
  }
}

/** Those that stay raw and follow each other are written together. */
async function storeNew(parts: AsyncIterable<NewPart>, context: AddContext): Promise<void> {
  let raw: NewPart[] = [];
  for await (const part of parts) {
    const coding = await codingOf(part, context);
    const last = raw.at(-1)?.bytes;
    const isNext = last === undefined || last.byteOffset + last.length === part.bytes.byteOffset;
    if (coding.kind === RECORD_KINDS.raw && isNext) {
      raw.push(part);
      continue;
    }
    await storeRaw(raw, context);
    raw = coding.kind === RECORD_KINDS.raw ? [part] : [];
    if (coding.kind !== RECORD_KINDS.raw) await storeCoded(part, coding, context);
  }
  await storeRaw(raw, context);
}

function codingOf({ extent, bytes }: NewPart, context: AddContext): Promise<Coding> {
  const readPart = async ({ offset, length }: { offset: number; length: number }): Promise<Uint8Array> =>
    bytes.subarray(offset, offset + length);
  return sampleExtent({ extent, policy: context.policy }, readPart, context.session);
}

async function storeRaw(parts: readonly NewPart[], { session, stored }: AddContext): Promise<void> {
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
  { bytes, digest }: NewPart,
  coding: Coding,
  { session, stored }: AddContext,
): Promise<void> {
  const line = createFrameLine(coding, session);
  await line.push(bytes);
  await line.close();
  stored(recordExtent({ digest, length: bytes.length, coding, frames: line.frames }, session));
}
