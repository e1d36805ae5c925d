import { MgitError } from '../../base/errors.ts';
import { type Dtype, valuesPerBlock } from '../../tensor/dtype.ts';
import { type GgufCursor, ggufCursor, ggufInvalid } from './cursor.ts';
import { GGUF_TYPES } from './types.ts';

/** A tensor as the header describes it; `offset` counts from where the data begins. */
export interface GgufTensor {
  readonly name: string;
  readonly dtype: Dtype;
  /** Outermost dimension first, as everywhere in mgit; the file has them the other way round. */
  readonly shape: readonly number[];
  readonly offset: number;
}

/** What a header says that matters for tensors. */
export interface GgufHeader {
  readonly byteOrder: 'little' | 'big';
  readonly tensors: readonly GgufTensor[];
  readonly dataOffset: number;
}

/** Bounds checked before anything is read. */
const LIMITS = {
  tensors: 1_000_000,
  values: 1_000_000,
  nameBytes: 64 * 1024,
  stringBytes: 256 * 1024 * 1024,
  depth: 4,
};
const MOST_DIMENSIONS = 4;
const DEFAULT_ALIGNMENT = 32;
const ALIGNMENT_KEY = 'general.alignment';

/** Bytes of the metadata types with a fixed length: u8, i8, u16, i16, u32, i32, f32, bool, then u64, i64, f64. */
const FIXED_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);
const UINT32 = 4;
const STRING = 8;
const ARRAY = 9;

/**
 * Reads the header from the first bytes of a file. Errors: `GGUF_TRUNCATED` when it needs more of them, `GGUF_INVALID`, `GGUF_UNSUPPORTED`.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
 */
export function parseGgufHeader(bytes: Uint8Array): GgufHeader {
  const cursor = openCursor(bytes);
  const [tensorCount, valueCount] = [cursor.uint64(), cursor.uint64()];
  if (tensorCount > LIMITS.tensors || valueCount > LIMITS.values)
    throw ggufInvalid(`it claims ${tensorCount} tensors and ${valueCount} values`);
  let alignment = DEFAULT_ALIGNMENT;
  for (let i = 0; i < valueCount; i++) alignment = readMember(cursor) ?? alignment;
  if (alignment === 0 || alignment % 8 !== 0) throw ggufInvalid(`its alignment is ${alignment}`);
  const tensors: GgufTensor[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(readTensor(cursor));
  const dataOffset = Math.ceil(cursor.at / alignment) * alignment;
  return { byteOrder: cursor.byteOrder, tensors, dataOffset };
}

/** Versions are small numbers: one that is not was written in the other byte order. */
function openCursor(bytes: Uint8Array): GgufCursor {
  const little = ggufCursor(bytes, 4, 'little');
  const version = little.uint32();
  const isBig = (version & 0xffff) === 0;
  const cursor = isBig ? ggufCursor(bytes, 4, 'big') : little;
  const number = isBig ? cursor.uint32() : version;
  if (number !== 2 && number !== 3)
    throw new MgitError('GGUF_UNSUPPORTED', `GGUF version ${number} is not read`, {
      hint: 'convert the file with a current llama.cpp',
    });
  return cursor;
}

/** Passes over a key and its value; returns the value if it is the alignment. */
function readMember(cursor: GgufCursor): number | undefined {
  const key = cursor.string(LIMITS.nameBytes);
  const type = cursor.uint32();
  if (key === ALIGNMENT_KEY && type === UINT32) return cursor.uint32();
  skipValue(cursor, type, 0);
  return undefined;
}

function skipValue(cursor: GgufCursor, type: number, depth: number): void {
  const width = FIXED_BYTES.get(type);
  if (width !== undefined) cursor.skip(width);
  else if (type === STRING) skipString(cursor);
  else if (type === ARRAY && depth < LIMITS.depth) skipArray(cursor, depth);
  else throw ggufInvalid(`a value has the type ${type}`);
}

function skipString(cursor: GgufCursor): void {
  const length = cursor.uint64();
  if (length > LIMITS.stringBytes) throw ggufInvalid(`a string claims ${length} bytes`);
  cursor.skip(length);
}

/** Every item takes at least a byte, so the bytes at hand bound the loop. */
function skipArray(cursor: GgufCursor, depth: number): void {
  const [type, count] = [cursor.uint32(), cursor.uint64()];
  const width = FIXED_BYTES.get(type);
  if (width !== undefined) return cursor.skip(width * count);
  for (let i = 0; i < count; i++) skipValue(cursor, type, depth + 1);
}

function readTensor(cursor: GgufCursor): GgufTensor {
  const name = cursor.string(LIMITS.nameBytes);
  const dimensions = cursor.uint32();
  if (dimensions > MOST_DIMENSIONS) throw ggufInvalid(`tensor ${quoted(name)} has ${dimensions} dimensions`);
  const shape = Array.from({ length: dimensions }, () => cursor.uint64()).reverse();
  const type = cursor.uint32();
  const dtype = GGUF_TYPES.get(type);
  if (!dtype)
    throw new MgitError(
      'GGUF_UNSUPPORTED',
      `tensor ${quoted(name)} has the type ${type}, which mgit does not know`,
      {
        hint: 'install a newer mgit',
      },
    );
  if ((shape.at(-1) ?? 1) % valuesPerBlock(dtype) !== 0)
    throw ggufInvalid(`the rows of tensor ${quoted(name)} are no whole blocks of ${dtype}`);
  return { name, dtype, shape, offset: cursor.uint64() };
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}
