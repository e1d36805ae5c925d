import type { Digest } from '../../base/ids.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { PlacedFrame } from '../packs/pack-writer.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { type Coding, recordFields } from './coding.ts';
import { type ExactReader, exactReader } from './exact-reader.ts';
import { readExtent } from './read-extent.ts';
import type { WriteSession } from './session.ts';

/** The frames of an extent that was written, before its digest is known or needed. */
export interface WrittenExtent {
  readonly frames: readonly PlacedFrame[];
  readonly length: number;
  readonly coding: Coding;
}

/** Codes and writes an extent's bytes, `width` frames at a time. Frames go to packs in order. */
export async function writeFrames(
  reader: ExactReader,
  { length, coding }: { readonly length: number; readonly coding: Coding },
  session: WriteSession,
): Promise<WrittenExtent> {
  const base = coding.base && exactReader(readExtent(coding.base, undefined, session.readContext()));
  const coded: Promise<{ readonly stored: Uint8Array; readonly rawLength: number }>[] = [];
  const frames: PlacedFrame[] = [];
  const placeNext = async (): Promise<void> => {
    const next = await coded.shift();
    if (next) frames.push(await session.packs.place(next.stored, next.rawLength));
  };
  try {
    for (let at = 0; at < length; at += FRAME_BYTES) {
      const rawLength = Math.min(FRAME_BYTES, length - at);
      const bytes = await reader.take(rawLength);
      const against = await base?.take(rawLength);
      const job = encode({ bytes, coding, base: against }, session);
      job.catch(() => {}); // Reported when its turn comes.
      coded.push(job);
      if (coded.length > session.engine.width) await placeNext();
    }
    while (coded.length > 0) await placeNext();
  } finally {
    await base?.close();
  }
  return { frames, length, coding };
}

/** Adds the record of written frames; false when the extent was there already. */
export function addWritten(digest: Digest, written: WrittenExtent, session: WriteSession): Promise<boolean> {
  const { frames, length, coding } = written;
  return session.add({ digest, length, frames, ...recordFields(coding) });
}

/** Bytes that written frames take. */
export function storedBytes(written: WrittenExtent): number {
  return written.frames.reduce((total, frame) => total + frame.storedLength, 0);
}

async function encode(
  {
    bytes,
    coding,
    base,
  }: { readonly bytes: Uint8Array; readonly coding: Coding; readonly base: Uint8Array | undefined },
  { engine }: WriteSession,
): Promise<{ readonly stored: Uint8Array; readonly rawLength: number }> {
  if (coding.kind === RECORD_KINDS.raw) return { stored: bytes, rawLength: bytes.length };
  const stored = await engine.encode({ kind: coding.kind, elements: coding.elements, bytes, base });
  return { stored, rawLength: bytes.length };
}
