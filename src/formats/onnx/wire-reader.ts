import { MgitError } from '../../base/errors.ts';
import type { ByteSource } from '../checkpoint.ts';

/** One field of a message: its number, and its value or where its bytes are. */
export type WireField =
  | { readonly number: number; readonly type: 'number'; readonly value: bigint }
  | { readonly number: number; readonly type: 'bytes'; readonly offset: number; readonly length: number };

/** A part of a file. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** Walks messages of a file without loading what lies in them. */
export interface WireReader {
  readonly source: ByteSource;
  /** The fields of the message that fills `range`, in order. Errors: `ONNX_INVALID`. */
  fields(range: FileRange): AsyncGenerator<WireField>;
  /** A field as text. */
  text(range: FileRange, longest: number): Promise<string>;
  /** The varints of a packed field. */
  varints(range: FileRange, most: number): Promise<readonly bigint[]>;
}

const WINDOW_BYTES = 64 * 1024;
const VARINT_BYTES = 10;

/** A reader with one window of memory. Source: https://protobuf.dev/programming-guides/encoding. */
export function wireReader(source: ByteSource): WireReader {
  let window: Buffer = Buffer.alloc(0);
  let start = 0;
  const ensure = async (at: number, length: number): Promise<Buffer> => {
    if (at < start || at + length > start + window.length) {
      start = at;
      window = Buffer.from(await source.read(at, Math.min(Math.max(length, WINDOW_BYTES), source.size - at)));
    }
    return window.subarray(at - start);
  };
  const varintAt = async (at: number, end: number): Promise<{ value: bigint; next: number }> => {
    const length = Math.min(VARINT_BYTES, end - at);
    if (length <= 0) throw onnxInvalid('a message ends within a number');
    return readVarint(await ensure(at, Math.min(length, source.size - at)), at, length);
  };
  return {
    source,
    fields: async function* ({ offset, length }) {
      const end = offset + length;
      for (let at = offset; at < end; ) {
        const key = await varintAt(at, end);
        const number = Number(key.value >> 3n);
        const wireType = Number(key.value & 7n);
        if (number === 0 || number > 0x1fffffff) throw onnxInvalid(`a field has the number ${number}`);
        const { field, next } = await readField({ number, wireType, at: key.next, end }, varintAt);
        if (next > end) throw onnxInvalid(`field ${number} reaches behind its message`);
        yield field;
        at = next;
      }
    },
    text: async ({ offset, length }, longest) => {
      if (length > longest) throw onnxInvalid(`a name of ${length} bytes`);
      return Buffer.from(await source.read(offset, length)).toString('utf8');
    },
    varints: async ({ offset, length }, most) => {
      const values: bigint[] = [];
      for (let at = offset; at < offset + length; ) {
        if (values.length === most) throw onnxInvalid(`more than ${most} numbers`);
        const { value, next } = await varintAt(at, offset + length);
        values.push(value);
        at = next;
      }
      return values;
    },
  };
}

function readVarint(bytes: Buffer, at: number, length: number): { value: bigint; next: number } {
  let value = 0n;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + i + 1 };
  }
  throw onnxInvalid('a number does not end');
}

interface FieldPlace {
  readonly number: number;
  readonly wireType: number;
  readonly at: number;
  readonly end: number;
}

async function readField(
  { number, wireType, at, end }: FieldPlace,
  varintAt: (at: number, end: number) => Promise<{ value: bigint; next: number }>,
): Promise<{ readonly field: WireField; readonly next: number }> {
  if (wireType === 0) {
    const { value, next } = await varintAt(at, end);
    return { field: { number, type: 'number', value }, next };
  }
  const fixed = wireType === 1 ? 8 : wireType === 5 ? 4 : undefined;
  if (fixed !== undefined)
    return { field: { number, type: 'bytes', offset: at, length: fixed }, next: at + fixed };
  if (wireType !== 2) throw onnxInvalid(`field ${number} has the wire type ${wireType}`);
  const { value, next } = await varintAt(at, end);
  if (value > BigInt(end - next)) throw onnxInvalid(`field ${number} claims ${value} bytes`);
  return {
    field: { number, type: 'bytes', offset: next, length: Number(value) },
    next: next + Number(value),
  };
}

/** The error of a file that contradicts itself. */
export function onnxInvalid(problem: string): MgitError {
  return new MgitError('ONNX_INVALID', `not a valid ONNX file: ${problem}`, {
    hint: 'copy or download the file again',
  });
}
