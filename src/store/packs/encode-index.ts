import type { Digest } from '../../base/ids.ts';
import { ENTRY_BYTES, FRAME_ENTRY_BYTES, INDEX_HEAD_BYTES, type PackFrame } from './pack-index.ts';

/** A record's part in the pack whose index is written. */
export interface NewEntry {
  readonly digest: Digest;
  readonly length: number;
  readonly segmentStart: number;
  readonly segmentSpan: number;
  readonly kind: number;
  readonly elementSize: number;
  readonly flags: number;
  readonly parameters: Uint8Array;
  readonly frames: readonly PackFrame[];
}

/** The index of a pack that holds these records, each digest once (`docs/format.md`). */
export function encodePackIndex(entries: readonly NewEntry[]): Uint8Array {
  const sorted = [...entries].sort((left, right) => (left.digest < right.digest ? -1 : 1));
  const frameCount = sum(sorted, entry => entry.frames.length);
  const parameterBytes = sum(sorted, entry => entry.parameters.length);
  const framesAt = INDEX_HEAD_BYTES + sorted.length * ENTRY_BYTES;
  const parametersAt = framesAt + frameCount * FRAME_ENTRY_BYTES;
  const index = Buffer.alloc(parametersAt + parameterBytes);
  [sorted.length, frameCount, parameterBytes].forEach((count, at) => void index.writeUInt32LE(count, at * 4));
  let frame = 0;
  let parameter = 0;
  sorted.forEach((entry, position) => {
    writeEntry(index, { at: INDEX_HEAD_BYTES + position * ENTRY_BYTES, entry, frame, parameter });
    index.set(entry.parameters, parametersAt + parameter);
    parameter += entry.parameters.length;
    for (const place of entry.frames) writeFrame(index, framesAt + frame++ * FRAME_ENTRY_BYTES, place);
  });
  return index;
}

interface Placed {
  readonly at: number;
  readonly entry: NewEntry;
  readonly frame: number;
  readonly parameter: number;
}

function writeEntry(index: Buffer, { at, entry, frame, parameter }: Placed): void {
  index.write(entry.digest, at, 'hex');
  index.writeBigUInt64LE(BigInt(entry.length), at + 32);
  index.writeBigUInt64LE(BigInt(entry.segmentStart), at + 40);
  index.writeBigUInt64LE(BigInt(entry.segmentSpan), at + 48);
  index.writeUInt32LE(frame, at + 56);
  index.writeUInt32LE(entry.frames.length, at + 60);
  index.writeUInt8(entry.kind, at + 64);
  index.writeUInt8(entry.elementSize, at + 65);
  index.writeUInt16LE(entry.flags, at + 66);
  index.writeUInt32LE(parameter, at + 68);
  index.writeUInt32LE(entry.parameters.length, at + 72);
}

function writeFrame(index: Buffer, at: number, frame: PackFrame): void {
  index.writeBigUInt64LE(BigInt(frame.offset), at);
  index.writeUInt32LE(frame.storedLength, at + 8);
  index.writeUInt32LE(frame.rawLength, at + 12);
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
