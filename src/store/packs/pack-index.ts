import { firstWhere } from '../../base/first-where.ts';
import type { Digest } from '../../base/ids.ts';
import { PACK_LIMITS } from './limits.ts';
import { packCorrupt } from './pack-error.ts';

/** Bytes of the index's head: entries u32, frames u32, bytes of parameters u32, zero u32. */
export const INDEX_HEAD_BYTES = 16;
export const ENTRY_BYTES = 76;
export const FRAME_ENTRY_BYTES = 16;

/** Flag of a record whose elements were rotated left by one bit before they were split into planes. */
export const FLAG_ROTATED = 1;

/** A record's part in one pack: `segmentSpan` bytes of the extent from `segmentStart`, in `frameCount` frames. */
export interface PackEntry {
  readonly digest: Digest;
  /** Bytes of the whole extent. */
  readonly length: number;
  readonly segmentStart: number;
  readonly segmentSpan: number;
  readonly firstFrame: number;
  readonly frameCount: number;
  readonly kind: number;
  readonly elementSize: number;
  readonly flags: number;
  readonly parameters: Uint8Array;
}

/** A frame's place in its pack, and its lengths coded and raw. */
export interface PackFrame {
  readonly offset: number;
  readonly storedLength: number;
  readonly rawLength: number;
}

/** The index of a pack, searched in place: nothing is parsed before it is asked for. */
export interface PackIndex {
  readonly entryCount: number;
  readonly frameCount: number;
  /** Errors: `PACK_CORRUPT` when the entry breaks the format. */
  entryAt(position: number): PackEntry;
  /** The length of the extent of an entry, without a look at the rest of it. */
  lengthAt(position: number): number;
  /** The 32 bytes of an entry's digest. */
  digestBytesAt(position: number): Uint8Array;
  find(digest: Digest): PackEntry | undefined;
  /** The frames of an entry, in the order of the bytes. Errors: `PACK_CORRUPT`. */
  framesOf(entry: PackEntry): readonly PackFrame[];
}

/** Opens the bytes of an index that begins at `indexOffset` of its pack. Errors: `PACK_CORRUPT` when counts and length disagree. */
export function openPackIndex(bytes: Uint8Array, indexOffset: number, name: string): PackIndex {
  const index = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (index.length < INDEX_HEAD_BYTES) throw packCorrupt(name, 'its index is too short');
  const [entryCount, frameCount, parameterBytes, zero] = [0, 4, 8, 12].map(at =>
    index.readUInt32LE(at),
  ) as Four;
  const framesAt = INDEX_HEAD_BYTES + entryCount * ENTRY_BYTES;
  const parametersAt = framesAt + frameCount * FRAME_ENTRY_BYTES;
  if (zero !== 0 || parametersAt + parameterBytes !== index.length)
    throw packCorrupt(name, 'the counts in its index do not give its length');
  const tables: Tables = { index, framesAt, parametersAt, entryCount, frameCount, indexOffset, name };
  return {
    entryCount,
    frameCount,
    entryAt: position => readEntry(tables, position),
    lengthAt: position => Number(index.readBigUInt64LE(INDEX_HEAD_BYTES + position * ENTRY_BYTES + 32)),
    digestBytesAt: position => {
      const at = INDEX_HEAD_BYTES + position * ENTRY_BYTES;
      return index.subarray(at, at + 32);
    },
    find: digest => findEntry(tables, digest),
    framesOf: entry => readFrames(tables, entry),
  };
}

type Four = [number, number, number, number];

interface Tables {
  readonly index: Buffer;
  readonly framesAt: number;
  readonly parametersAt: number;
  readonly entryCount: number;
  readonly frameCount: number;
  readonly indexOffset: number;
  readonly name: string;
}

function findEntry(tables: Tables, digest: Digest): PackEntry | undefined {
  const wanted = Buffer.from(digest, 'hex');
  const beginning = wanted.readUIntBE(0, 6);
  const orderOf = (position: number): number => {
    const at = INDEX_HEAD_BYTES + position * ENTRY_BYTES;
    // Six bytes as a number nearly always decide, and cost far less than a comparison of buffers.
    const difference = tables.index.readUIntBE(at, 6) - beginning;
    return difference === 0 ? tables.index.compare(wanted, 0, 32, at, at + 32) : difference;
  };
  const first = firstWhere({ to: tables.entryCount }, position => orderOf(position) >= 0);
  return first < tables.entryCount && orderOf(first) === 0 ? readEntry(tables, first) : undefined;
}

function readEntry(tables: Tables, position: number): PackEntry {
  const { index, name } = tables;
  if (position < 0 || position >= tables.entryCount) throw packCorrupt(name, `it has no entry ${position}`);
  const at = INDEX_HEAD_BYTES + position * ENTRY_BYTES;
  const parameterOffset = index.readUInt32LE(at + 68);
  const parametersFrom = tables.parametersAt + parameterOffset;
  const parametersTo = parametersFrom + index.readUInt32LE(at + 72);
  const entry: PackEntry = {
    digest: index.toString('hex', at, at + 32) as Digest,
    length: Number(index.readBigUInt64LE(at + 32)),
    segmentStart: Number(index.readBigUInt64LE(at + 40)),
    segmentSpan: Number(index.readBigUInt64LE(at + 48)),
    firstFrame: index.readUInt32LE(at + 56),
    frameCount: index.readUInt32LE(at + 60),
    kind: index.readUInt8(at + 64),
    elementSize: index.readUInt8(at + 65),
    flags: index.readUInt16LE(at + 66),
    parameters: index.subarray(parametersFrom, parametersTo),
  };
  const problem =
    entryProblem(entry, tables) ?? parametersProblem(parametersFrom, parametersTo, index.length);
  if (problem !== undefined) throw packCorrupt(name, `record ${entry.digest}: ${problem}`);
  return entry;
}

function entryProblem(entry: PackEntry, tables: Tables): string | undefined {
  const numbers = [entry.length, entry.segmentStart, entry.segmentSpan];
  if (!numbers.every(Number.isSafeInteger)) return 'a length is too large';
  if (entry.segmentSpan === 0) return 'it holds nothing';
  if (entry.segmentStart + entry.segmentSpan > entry.length) return 'its segment lies outside the extent';
  if (entry.firstFrame + entry.frameCount > tables.frameCount) return 'its frames lie outside the table';
  if (![1, 2, 4, 8].includes(entry.elementSize)) return 'its element size is unknown';
  return entry.flags & ~FLAG_ROTATED ? 'it has unknown flags' : undefined;
}

function parametersProblem(from: number, to: number, end: number): string | undefined {
  if (to > end || to - from > PACK_LIMITS.parameterBytes) return 'its parameters lie outside the bounds';
  return undefined;
}

function readFrames(tables: Tables, entry: PackEntry): readonly PackFrame[] {
  const frames: PackFrame[] = [];
  let total = 0;
  for (let frame = entry.firstFrame; frame < entry.firstFrame + entry.frameCount; frame++) {
    frames.push(readFrame(tables, frame));
    total += frames.at(-1)?.rawLength ?? 0;
    if (total > entry.segmentSpan) break;
  }
  if (total !== entry.segmentSpan)
    throw packCorrupt(tables.name, `record ${entry.digest}: its frames do not give its length`);
  return frames;
}

function readFrame({ index, framesAt, indexOffset, name }: Tables, frame: number): PackFrame {
  const at = framesAt + frame * FRAME_ENTRY_BYTES;
  const offset = Number(index.readBigUInt64LE(at));
  const storedLength = index.readUInt32LE(at + 8);
  const rawLength = index.readUInt32LE(at + 12);
  const isInside = offset >= 16 && storedLength > 0 && offset + storedLength <= indexOffset;
  const isBounded = rawLength > 0 && rawLength <= PACK_LIMITS.frameBytes;
  if (!isInside || !isBounded || storedLength > rawLength + PACK_LIMITS.frameOverhead)
    throw packCorrupt(name, `frame ${frame} lies outside the bounds`);
  return { offset, storedLength, rawLength };
}
