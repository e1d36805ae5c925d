import { MgitError } from '../../base/errors.ts';

/** The error of a file that contradicts itself. */
export function ggufInvalid(problem: string): MgitError {
  return new MgitError('GGUF_INVALID', `not a valid GGUF file: ${problem}`, {
    hint: 'copy or download the file again',
  });
}

/** Reads numbers and strings of a header in the file's byte order. Errors of its methods: `GGUF_TRUNCATED`, `GGUF_INVALID`. */
export interface GgufCursor {
  at: number;
  readonly byteOrder: 'little' | 'big';
  uint32(): number;
  /** A 64-bit count or offset that fits 2^53. */
  uint64(): number;
  string(longest: number): string;
  skip(bytes: number): void;
}

/** A cursor at `at` of the file's first bytes. */
export function ggufCursor(bytes: Uint8Array, at: number, byteOrder: 'little' | 'big'): GgufCursor {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const advance = (length: number): number => {
    const from = cursor.at;
    if (from + length > buffer.length)
      throw new MgitError('GGUF_TRUNCATED', 'the GGUF file ends within its header', {
        hint: 'copy or download the file again',
      });
    cursor.at += length;
    return from;
  };
  const cursor: GgufCursor = {
    at,
    byteOrder,
    uint32: () =>
      byteOrder === 'little' ? buffer.readUInt32LE(advance(4)) : buffer.readUInt32BE(advance(4)),
    uint64: () => {
      const from = advance(8);
      const value = byteOrder === 'little' ? buffer.readBigUInt64LE(from) : buffer.readBigUInt64BE(from);
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw ggufInvalid(`the number ${value} is too large`);
      return Number(value);
    },
    string: longest => {
      const length = cursor.uint64();
      if (length > longest) throw ggufInvalid(`a string claims ${length} bytes`);
      const from = advance(length);
      return buffer.toString('utf8', from, from + length);
    },
    skip: length => void advance(length),
  };
  return cursor;
}
