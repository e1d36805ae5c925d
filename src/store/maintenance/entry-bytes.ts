import {
  ENTRY_BYTES,
  FRAME_ENTRY_BYTES,
  type PackEntry,
  type PackFrame,
  type PackIndex,
} from '../packs/pack-index.ts';

/** The frames of any entry: a recipe has none. Errors: `PACK_CORRUPT`. */
export function framesOfEntry(index: PackIndex, entry: PackEntry): readonly PackFrame[] {
  return entry.frameCount === 0 ? [] : index.framesOf(entry);
}

/** What an entry takes in its pack: its frames, and its part of the index. */
export function entryBytes(index: PackIndex, entry: PackEntry): number {
  const frames = framesOfEntry(index, entry).reduce((total, frame) => total + frame.storedLength, 0);
  return frames + ENTRY_BYTES + entry.frameCount * FRAME_ENTRY_BYTES + entry.parameters.length;
}
