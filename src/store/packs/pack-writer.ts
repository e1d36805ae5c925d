import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import { freeMemory } from '../../base/free-memory.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from './durable-directory.ts';
import { type IndexDraft, indexDraft, type NewEntry } from './encode-index.ts';
import { createFileSink, type FileSink } from './file-sink.ts';
import { PACK_LIMITS } from './limits.ts';
import { encodeFooter, FOOTER_BYTES, PACK_HEADER } from './pack-frame.ts';
import { ENTRY_BYTES, FRAME_ENTRY_BYTES, INDEX_HEAD_BYTES, type PackFrame } from './pack-index.ts';

/** A frame that was written, and the number of its pack. */
export interface PlacedFrame extends PackFrame {
  readonly pack: number;
}

/** A frame's place, and when its bytes are there. */
export interface Placing {
  readonly frame: PlacedFrame;
  readonly written: Promise<void>;
}

/** A whole record, whose frames may lie in several packs. A record without frames has its whole span in one. */
export interface NewRecord {
  readonly digest: Digest;
  readonly length: number;
  readonly kind: number;
  readonly elementSize: number;
  readonly flags: number;
  readonly parameters: Uint8Array;
  readonly frames: readonly PlacedFrame[];
  /** Where the first frame begins in the extent, for a part of a record whose rest is elsewhere; default 0. */
  readonly segmentStart?: number;
}

/** Where packs are written. */
export interface PackWriterPlace {
  readonly fs: FileSystem;
  /** Absolute directories of finished and of unfinished packs, on one file system. */
  readonly packs: string;
  readonly temporary: string;
  /** Makes `temporary` before the first file is created in it. */
  readonly prepareTemporary: () => Promise<void>;
  /** A name that no other writer uses. */
  readonly uniqueName: () => string;
  /** Bytes of a pack at most. */
  readonly packBytes?: number;
}

/** Writes frames as they come and records when their digests are known. */
export interface PackWriter {
  /** Takes the next place at once and writes there; the bytes must stay as they are until they are written. */
  place(stored: Uint8Array, rawLength: number): Placing;
  /** Places consecutive raw frames of the given lengths with one write. `bytes` must fit into one pack. */
  placeRun(
    bytes: Uint8Array,
    lengths: readonly number[],
  ): { readonly frames: readonly PlacedFrame[] } & Pick<Placing, 'written'>;
  /** Gives frames back that no record will use. */
  release(frames: readonly PlacedFrame[]): void;
  record(record: NewRecord): void;
  /** Makes everything durable, then visible: packs, then their names. */
  finish(): Promise<readonly PackId[]>;
  /** Removes every unfinished file. */
  abort(): Promise<void>;
}

interface UnfinishedPack {
  readonly number: number;
  readonly path: string;
  readonly sink: FileSink;
  readonly index: IndexDraft;
  position: number;
  /** Bytes that the index will have at most. */
  reserved: number;
}

const ENTRY_RESERVE = ENTRY_BYTES + FRAME_ENTRY_BYTES + 32;

/** A writer of packs into `place.packs`; nothing is there before `finish`. */
export function createPackWriter(place: PackWriterPlace): PackWriter {
  const packs: UnfinishedPack[] = [];
  const limit = place.packBytes ?? PACK_LIMITS.packBytes;

  const packWithRoom = (bytes: number, reserve: number): UnfinishedPack => {
    const current = packs.at(-1);
    if (current && current.position + current.reserved + bytes + reserve + FOOTER_BYTES <= limit)
      return current;
    const started = startPack(place, packs.length);
    packs.push(started);
    return started;
  };

  const reserve = (bytes: Uint8Array, frames: number): { pack: UnfinishedPack; offset: number } => {
    const pack = packWithRoom(bytes.length, frames * ENTRY_RESERVE);
    const offset = pack.position;
    pack.position += bytes.length;
    pack.reserved += frames * ENTRY_RESERVE;
    return { pack, offset };
  };

  return {
    place: (stored, rawLength) => {
      const { pack, offset } = reserve(stored, 1);
      const frame = { pack: pack.number, offset, storedLength: stored.length, rawLength };
      return { frame, written: pack.sink.write(stored, offset) };
    },
    placeRun: (bytes, lengths) => {
      const { pack, offset } = reserve(bytes, lengths.length);
      let at = offset;
      const frames = lengths.map(length => {
        const frame = { pack: pack.number, offset: at, storedLength: length, rawLength: length };
        at += length;
        return frame;
      });
      return { frames, written: pack.sink.write(bytes, offset) };
    },
    release: frames => {
      for (const frame of [...frames].reverse()) {
        const pack = packs[frame.pack];
        if (pack && pack.position === frame.offset + frame.storedLength) pack.position = frame.offset;
      }
    },
    record: record => {
      if (record.frames.length === 0) {
        const pack = packWithRoom(0, ENTRY_RESERVE + record.parameters.length);
        pack.reserved += ENTRY_RESERVE + record.parameters.length;
        pack.index.add({ ...record, segmentStart: 0, segmentSpan: record.length, frames: [] });
      } else for (const segment of segmentsOf(record)) packs[segment.pack]?.index.add(segment.entry);
    },
    finish: () => finishPacks(place, packs),
    abort: () => removePacks(place, packs),
  };
}

function startPack(place: PackWriterPlace, number: number): UnfinishedPack {
  const path = join(place.temporary, `${place.uniqueName()}.pack`);
  const sink = createFileSink(() => openPack(place, path));
  return {
    number,
    path,
    sink,
    index: indexDraft(),
    position: PACK_HEADER.length,
    reserved: INDEX_HEAD_BYTES,
  };
}

async function openPack(place: PackWriterPlace, path: string): Promise<OpenFile> {
  await place.prepareTemporary();
  const file = await place.fs.open(path, 'create');
  try {
    await file.write(PACK_HEADER, 0);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function* segmentsOf(record: NewRecord): Generator<{ readonly pack: number; readonly entry: NewEntry }> {
  let start = record.segmentStart ?? 0;
  let frames: PlacedFrame[] = [];
  const segment = (): { pack: number; entry: NewEntry } => {
    const segmentSpan = frames.reduce((total, frame) => total + frame.rawLength, 0);
    const entry = { ...record, segmentStart: start, segmentSpan, frames };
    start += segmentSpan;
    return { pack: frames[0]?.pack ?? 0, entry };
  };
  for (const frame of record.frames) {
    if (frames[0] && frames[0].pack !== frame.pack) {
      yield segment();
      frames = [];
    }
    frames.push(frame);
  }
  yield segment();
}

async function finishPacks(
  place: PackWriterPlace,
  packs: readonly UnfinishedPack[],
): Promise<readonly PackId[]> {
  const finished: { readonly id: PackId; readonly from: string }[] = [];
  for (const pack of packs) {
    if (pack.index.count > 0) finished.push({ id: await sealPack(pack), from: pack.path });
    await pack.sink.close();
    if (pack.index.count === 0) await ignoreAbsent(place.fs.removeFile(pack.path));
  }
  if (finished.length === 0) return [];
  await makeDurableDirectory(place.fs, place.packs);
  for (const { id, from } of finished) await place.fs.rename(from, join(place.packs, `${id}.pack`));
  await place.fs.syncDirectory(place.packs);
  return finished.map(({ id }) => id);
}

async function sealPack(pack: UnfinishedPack): Promise<PackId> {
  const index = pack.index.encode();
  const { footer, id } = encodeFooter(index, pack.position);
  const footerAt = pack.position + index.length;
  await pack.sink.write(index, pack.position);
  freeMemory(index);
  await pack.sink.write(footer, footerAt);
  await pack.sink.seal(footerAt + footer.length);
  return id;
}

async function removePacks(place: PackWriterPlace, packs: readonly UnfinishedPack[]): Promise<void> {
  for (const pack of packs) {
    await pack.sink.close();
    await ignoreAbsent(place.fs.removeFile(pack.path));
  }
}

/** A pack that was renamed already stays: it is whole and durable. */
async function ignoreAbsent(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
