import { MgitError } from '../../base/errors.ts';
import { PICKLE_LIMITS } from './limits.ts';

/** Thrown inside when the bytes at hand end before the pickle does: whoever has more may begin again with them. */
export class PickleTruncated extends MgitError {
  constructor() {
    super('PICKLE_TRUNCATED', 'the pickle ends before it is complete', {
      hint: 'copy or download the file again',
    });
  }
}

/** The error of a pickle that breaks the protocol. */
export function pickleInvalid(problem: string, at: number): MgitError {
  return new MgitError('PICKLE_INVALID', `not a valid pickle: ${problem} at byte ${at}`);
}

/** The error of a pickle beyond the bounds. */
export function pickleTooLarge(problem: string): MgitError {
  return new MgitError('PICKLE_TOO_LARGE', `the pickle is too large: ${problem}`, {
    hint: 'save the model as safetensors',
  });
}

/** Reads the arguments of opcodes, checking every length before it is used. */
export interface PickleCursor {
  at: number;
  /** Where the bytes begin in their file. */
  readonly origin: number;
  byte(): number;
  take(length: number): Buffer;
  /** A text argument: up to the next line feed, which is passed over. */
  line(): string;
  uint16(): number;
  uint32(): number;
  int32(): number;
  uint64(): number;
  float64(): number;
}

/** A cursor at the start of `bytes`, which begin at `origin` of their file. Errors of its methods: `PICKLE_TRUNCATED`, `PICKLE_TOO_LARGE`. */
export function pickleCursor(bytes: Uint8Array, origin: number): PickleCursor {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const advance = (length: number): number => {
    const from = cursor.at;
    if (from + length > buffer.length) throw new PickleTruncated();
    cursor.at += length;
    return from;
  };
  const cursor: PickleCursor = {
    at: 0,
    origin,
    byte: () => buffer.readUInt8(advance(1)),
    take: length => {
      const from = advance(length);
      return buffer.subarray(from, from + length);
    },
    line: () => {
      const end = buffer.indexOf(0x0a, cursor.at);
      const length = (end < 0 ? buffer.length : end) - cursor.at;
      if (length > PICKLE_LIMITS.lineBytes) throw pickleTooLarge(`a line of ${length} bytes`);
      if (end < 0) throw new PickleTruncated();
      const text = buffer.toString('utf8', cursor.at, end);
      cursor.at = end + 1;
      return text;
    },
    uint16: () => buffer.readUInt16LE(advance(2)),
    uint32: () => buffer.readUInt32LE(advance(4)),
    int32: () => buffer.readInt32LE(advance(4)),
    uint64: () => {
      const value = buffer.readBigUInt64LE(advance(8));
      if (value > BigInt(PICKLE_LIMITS.bytes)) throw pickleTooLarge(`a string of ${value} bytes`);
      return Number(value);
    },
    float64: () => buffer.readDoubleBE(advance(8)),
  };
  return cursor;
}
