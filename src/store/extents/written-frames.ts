import type { Digest } from '../../base/ids.ts';
import type { NewRecord, PlacedFrame } from '../packs/pack-writer.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { CheckedFrames } from './checked-frames.ts';
import type { PackLookup } from './local-packs.ts';

/**
 * The checksums of raw frames, taken from the very bytes that are hashed and written, until the packs that they are in have names. What is
 * coded is not among them: whether it can be decoded is only known once it is.
 */
export interface WrittenFrames {
  /** The checksum of a frame's stored bytes. */
  add(frame: PlacedFrame, checksum: bigint): void;
  /** These frames, all of whose checksums were added or none, are an extent. */
  record(record: Pick<NewRecord, 'digest' | 'frames'>): void;
  /** Notes the checksums of all extents where `lookup` finds them. */
  note(lookup: PackLookup): Promise<void>;
}

/** Frames that are written by one session. */
export function writtenFrames(checked: CheckedFrames): WrittenFrames {
  const seen = new WeakMap<PlacedFrame, bigint>();
  const extents = new Map<Digest, readonly bigint[]>();
  const noteExtent = async (digest: Digest, checksums: readonly bigint[], lookup: PackLookup) => {
    let at = 0;
    for (const { pack, entry } of (await lookup(digest))?.segments ?? [])
      if (entry.kind === RECORD_KINDS.raw)
        for (let frame = 0; frame < entry.frameCount; frame++)
          await checked.note(pack, entry.firstFrame + frame, checksums[at++] ?? 0n);
  };
  return {
    add: (frame, checksum) => void seen.set(frame, checksum),
    record: ({ digest, frames }) => {
      const checksums = frames.map(frame => seen.get(frame)).filter(checksum => checksum !== undefined);
      if (checksums.length > 0) extents.set(digest, checksums);
    },
    note: async lookup => {
      for (const [digest, checksums] of extents) await noteExtent(digest, checksums, lookup);
      await checked.save();
    },
  };
}
