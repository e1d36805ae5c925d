import type { Digest } from '../../base/ids.ts';
import { type Coding, recordFields } from '../extents/coding.ts';
import { framesUnderWay } from '../extents/engine.ts';
import { exactReader } from '../extents/exact-reader.ts';
import { createFrameLine } from '../extents/frame-line.ts';
import { readExtent } from '../extents/read-extent.ts';
import type { WriteSession } from '../extents/session.ts';
import { taskGroup } from '../extents/task-group.ts';
import { checkDigest } from '../extents/verified.ts';
import { FRAME_BYTES } from '../packs/limits.ts';

/** A stored extent, and how it is to be coded. */
export interface Recoding {
  readonly digest: Digest;
  readonly length: number;
  readonly coding: Coding;
  /** A result of more bytes is given up. */
  readonly atMost: number;
}

/**
 * Codes a stored extent anew, verified on the way. Returns the bytes it takes, or undefined where it was given up. Errors: those of
 * reading, `EXTENT_CORRUPT`.
 */
export async function recode(
  { digest, length, coding, atMost }: Recoding,
  session: WriteSession,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const reader = exactReader(readExtent(digest, undefined, session.readContext(signal)));
  const hasher = session.engine.hasher();
  const line = createFrameLine(coding, session);
  const tasks = taskGroup(framesUnderWay(session.engine));
  try {
    for (let at = 0; at < length; at += FRAME_BYTES) {
      const bytes = await reader.take(Math.min(FRAME_BYTES, length - at));
      const frame = await session.buffers.acquire(bytes.length);
      frame.set(bytes);
      await tasks.start(line.push(frame, hasher).finally(() => session.buffers.release(frame)));
    }
  } finally {
    await reader.close();
    await tasks.settled().finally(() => line.close());
  }
  checkDigest(digest, await hasher.digest());
  const stored = line.frames.reduce((total, frame) => total + frame.storedLength, 0);
  if (stored > atMost) {
    session.packs.release(line.frames);
    return undefined;
  }
  session.record({ digest, length, frames: line.frames, ...recordFields(coding) });
  return stored;
}
