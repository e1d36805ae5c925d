import type { Digest } from '../../base/ids.ts';
import { referencesOf } from '../../store/extents/references.ts';
import type { PackEntry, PackFrame, PackIndex } from '../../store/packs/pack-index.ts';
import type { PackPointer } from '../pointer.ts';

/** A frame, and the remote pack that it lies in. */
export interface RemoteFrame extends PackFrame {
  readonly pack: PackPointer;
}

/** A record for a whole extent, as the packs of a remote hold it. */
export interface RemoteRecord {
  readonly digest: Digest;
  /** Bytes of the extent. */
  readonly length: number;
  readonly kind: number;
  readonly elementSize: number;
  readonly flags: number;
  readonly parameters: Uint8Array;
  /** In the order of the bytes; none for what is computed from its parameters alone. */
  readonly frames: readonly RemoteFrame[];
  /** Bytes of all frames: what getting the record moves. */
  readonly storedLength: number;
  /** The extents that it is computed from, each once. */
  readonly references: readonly Digest[];
}

/** One pack's part of a record. */
export interface RemotePart {
  readonly pack: PackPointer;
  readonly entry: PackEntry;
  readonly frames: readonly PackFrame[];
}

/** What a pack holds of an extent. Nothing of the index is kept alive by it. Errors: `PACK_CORRUPT`. */
export function partOf(digest: Digest, pack: PackPointer, index: PackIndex): RemotePart | undefined {
  const entry = index.find(digest);
  if (!entry) return undefined;
  return {
    pack,
    entry: { ...entry, parameters: Uint8Array.from(entry.parameters) },
    frames: entry.frameCount === 0 ? [] : index.framesOf(entry),
  };
}

/**
 * The records that parts make up, those that need no other extent first. Parts of one record lie in several packs where it did not fit
 * into one: they have the same coding and follow each other. Errors: those of {@link referencesOf}.
 */
export function recordsOf(parts: readonly RemotePart[]): readonly RemoteRecord[] {
  const whole = parts.filter(({ entry }) => entry.segmentSpan === entry.length);
  const others = Map.groupBy(
    parts.filter(part => !whole.includes(part)),
    codingOf,
  );
  const joined = [...others.values()].flatMap(tiling);
  const records = [...whole.map(part => [part]), ...joined].map(recordOf);
  return records.sort((left, right) => left.kind - right.kind || left.storedLength - right.storedLength);
}

function codingOf({ entry }: RemotePart): string {
  const parameters = Buffer.from(entry.parameters).toString('base64');
  return [entry.length, entry.kind, entry.elementSize, entry.flags, parameters].join(' ');
}

/** Parts that give the whole extent, each beginning where the one before ends. */
function tiling(parts: readonly RemotePart[]): readonly (readonly RemotePart[])[] {
  const length = parts[0]?.entry.length ?? 0;
  const tiles: RemotePart[] = [];
  for (let at = 0; at < length; at += tiles.at(-1)?.entry.segmentSpan ?? 0) {
    const next = parts.find(({ entry }) => entry.segmentStart === at);
    if (!next) return [];
    tiles.push(next);
  }
  return [tiles];
}

function recordOf(parts: readonly RemotePart[]): RemoteRecord {
  const { entry } = parts[0] as RemotePart;
  const frames = parts.flatMap(({ pack, frames: own }) => own.map(frame => ({ ...frame, pack })));
  return {
    digest: entry.digest,
    length: entry.length,
    kind: entry.kind,
    elementSize: entry.elementSize,
    flags: entry.flags,
    parameters: entry.parameters,
    frames,
    storedLength: frames.reduce((sum, frame) => sum + frame.storedLength, 0),
    references: [...new Set(referencesOf(entry))],
  };
}
