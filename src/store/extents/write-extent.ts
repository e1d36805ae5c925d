import type { Digest } from '../../base/ids.ts';
import type { PlacedFrame } from '../packs/pack-writer.ts';
import { type Coding, recordFields } from './coding.ts';
import type { WriteSession } from './session.ts';

/** What was stored of a file. */
export interface AddedBytes {
  readonly newExtents: number;
  readonly newBytes: number;
  readonly storedBytes: number;
}

/** An extent whose frames are written. */
export interface WrittenExtent {
  readonly digest: Digest;
  readonly length: number;
  readonly coding: Coding;
  readonly frames: readonly PlacedFrame[];
}

/** Records an extent that the caller has claimed. */
export function recordExtent(
  { digest, length, coding, frames }: WrittenExtent,
  session: WriteSession,
): AddedBytes {
  session.record({ digest, length, frames, ...recordFields(coding) });
  const factorBytes = coding.predicted?.factorBytes ?? 0;
  const storedBytes = frames.reduce((total, frame) => total + frame.storedLength, factorBytes);
  return { newExtents: 1, newBytes: length, storedBytes };
}
