import { bitsOf, type Dtype, elementCount } from '../../tensor/dtype.ts';
import type { ByteSource } from '../checkpoint.ts';
import { type FileRange, onnxInvalid } from './wire-reader.ts';

const WINDOW_BYTES = 64 * 1024;
const VARINT_BYTES = 10;

/** Numbers that a file holds as varints, and what they are. */
export interface VarintData {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly range: FileRange;
}

/**
 * The elements of packed varints, little-endian in the width of their dtype, in slices. Errors: `ONNX_INVALID` for a number that does not end, and for
 * more or fewer than the shape says.
 */
export async function* varintElements(
  source: ByteSource,
  { dtype, shape, range }: VarintData,
): AsyncGenerator<Uint8Array> {
  const width = bitsOf(dtype) / 8;
  const end = range.offset + range.length;
  let count = 0;
  for (let at = range.offset; at < end; ) {
    const window = await source.read(at, Math.min(WINDOW_BYTES, end - at));
    const { elements, used } = decodeWindow(window, width, at + window.length === end);
    count += elements.length / width;
    at += used;
    yield elements;
  }
  if (count !== elementCount(shape)) throw onnxInvalid(`a tensor of shape [${shape}] has ${count} numbers`);
}

/** Decodes the numbers that end within the window; `isLast`: it must end with one. */
function decodeWindow(
  window: Uint8Array,
  width: number,
  isLast: boolean,
): { readonly elements: Uint8Array; readonly used: number } {
  const elements = Buffer.alloc(window.length * width);
  let [count, used] = [0, 0];
  for (let start = 0; start < window.length; start = used) {
    const next = varintEnd(window, start);
    if (next === undefined) {
      if (isLast || window.length - start >= VARINT_BYTES) throw onnxInvalid('a number does not end');
      break;
    }
    writeVarint(elements, count * width, { bytes: window.subarray(start, next), width });
    count++;
    used = next;
  }
  return { elements: elements.subarray(0, count * width), used };
}

function varintEnd(window: Uint8Array, start: number): number | undefined {
  for (let at = start; at < Math.min(window.length, start + VARINT_BYTES); at++)
    if ((window[at] ?? 0) < 0x80) return at + 1;
  return undefined;
}

/** Negative numbers of few bits are written as 64 bits: the lower ones are theirs. */
function writeVarint(
  target: Buffer,
  at: number,
  { bytes, width }: { readonly bytes: Uint8Array; readonly width: number },
): void {
  let value = 0n;
  for (const [index, byte] of bytes.entries()) value |= BigInt(byte & 0x7f) << BigInt(7 * index);
  for (let byte = 0; byte < width; byte++) target[at + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
}
