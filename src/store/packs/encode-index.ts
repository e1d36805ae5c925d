import {
  type GrowingBytes,
  type GrowingColumn,
  growingBytes,
  growingDoubles,
} from '../../base/growing-columns.ts';
import type { Digest } from '../../base/ids.ts';
import { growingTable } from './growing-table.ts';
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

/** The entries of a pack that is being written, held as the bytes that they will be: half a million are no graph of objects. */
export interface IndexDraft {
  readonly count: number;
  add(entry: NewEntry): void;
  /** The index of a pack that holds these records, each digest once (`docs/format.md`). */
  encode(): Uint8Array;
}

/** An index without entries. */
export function indexDraft(): IndexDraft {
  const entries = growingTable(ENTRY_BYTES);
  const frames = growingTable(FRAME_ENTRY_BYTES);
  const parameters = growingBytes(); // A copy: parameters are often small parts of memory that is shared with much else.
  const starts = growingDoubles();
  return {
    get count() {
      return entries.count;
    },
    add: entry => {
      starts.push(parameters.length);
      parameters.append(entry.parameters);
      writeEntry(entries.add(), entry, frames.count);
      for (const frame of entry.frames) writeFrame(frames.add(), frame);
    },
    encode: () => encode({ entries, frames, parameters, starts }),
  };
}

/** The index of a pack that holds these records. */
export function encodePackIndex(entries: readonly NewEntry[]): Uint8Array {
  const draft = indexDraft();
  for (const entry of entries) draft.add(entry);
  return draft.encode();
}

type Table = ReturnType<typeof growingTable>;

interface Tables {
  readonly entries: Table;
  readonly frames: Table;
  readonly parameters: GrowingBytes;
  /** Where those of each entry begin. */
  readonly starts: GrowingColumn<Float64Array>;
}

/** Where an entry says where its frames and its parameters begin. */
const FIRST_FRAME = 56;
const FRAME_COUNT = 60;
const PARAMETER_OFFSET = 68;
const PARAMETER_LENGTH = 72;

function encode({ entries, frames, parameters, starts }: Tables): Uint8Array {
  const parameterBytes = parameters.length;
  const framesAt = INDEX_HEAD_BYTES + entries.count * ENTRY_BYTES;
  const parametersAt = framesAt + frames.count * FRAME_ENTRY_BYTES;
  const index = Buffer.alloc(parametersAt + parameterBytes);
  [entries.count, frames.count, parameterBytes].forEach(
    (value, at) => void index.writeUInt32LE(value, at * 4),
  );
  let [at, frame, parameter] = [INDEX_HEAD_BYTES, 0, 0];
  for (const position of byDigest(entries)) {
    const entry = entries.row(position);
    index.set(entry, at);
    index.writeUInt32LE(frame, at + FIRST_FRAME);
    index.writeUInt32LE(parameter, at + PARAMETER_OFFSET);
    const first = entry.readUInt32LE(FIRST_FRAME);
    for (let number = 0; number < entry.readUInt32LE(FRAME_COUNT); number++)
      index.set(frames.row(first + number), framesAt + frame++ * FRAME_ENTRY_BYTES);
    const [from, length] = [starts.at(position), entry.readUInt32LE(PARAMETER_LENGTH)];
    index.set(parameters.buffer.subarray(from, from + length), parametersAt + parameter);
    parameter += length;
    at += ENTRY_BYTES;
  }
  return index;
}

/** The places of the entries in the order of their digests, of which six bytes as a number nearly always decide. */
function byDigest(entries: Table): Uint32Array {
  const beginnings = new Float64Array(entries.count);
  for (let position = 0; position < entries.count; position++)
    beginnings[position] = entries.row(position).readUIntBE(0, 6);
  const compare = (left: number, right: number): number =>
    (beginnings[left] ?? 0) - (beginnings[right] ?? 0) ||
    entries.row(left).compare(entries.row(right), 0, 32, 0, 32);
  return Uint32Array.from({ length: entries.count }, (_, position) => position).sort(compare);
}

function writeEntry(row: Buffer, entry: NewEntry, firstFrame: number): void {
  row.write(entry.digest, 0, 'hex');
  row.writeBigUInt64LE(BigInt(entry.length), 32);
  row.writeBigUInt64LE(BigInt(entry.segmentStart), 40);
  row.writeBigUInt64LE(BigInt(entry.segmentSpan), 48);
  row.writeUInt32LE(firstFrame, FIRST_FRAME);
  row.writeUInt32LE(entry.frames.length, FRAME_COUNT);
  row.writeUInt8(entry.kind, 64);
  row.writeUInt8(entry.elementSize, 65);
  row.writeUInt16LE(entry.flags, 66);
  row.writeUInt32LE(entry.parameters.length, PARAMETER_LENGTH);
}

function writeFrame(row: Buffer, frame: PackFrame): void {
  row.writeBigUInt64LE(BigInt(frame.offset), 0);
  row.writeUInt32LE(frame.storedLength, 8);
  row.writeUInt32LE(frame.rawLength, 12);
}
