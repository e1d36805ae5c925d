import { constants, zstdDecompressSync } from 'node:zlib';
import { freeMemory } from '../../../base/free-memory.ts';
import type { Region } from '../../../tensor/kernels/arena.ts';
import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec, FrameContext } from './codec.ts';
import { compressPlane } from './compress-plane.ts';
import { frameCorrupt } from './frame-error.ts';

/** Bit of a plane's length that says the plane is a zstd frame. */
const COMPRESSED = 0x80000000;
/** Bits of the window that a decoder allows, so that a small frame cannot ask for much memory. */
const WINDOW_LOG = 23;
/** Byte planes, each compressed or not, whichever is smaller; bytes after the last whole element are kept as they are. */
export const planesCodec: FrameCodec = {
  kind: RECORD_KINDS.planes,
  name: 'planes',
  needsBase: false,
  encode: (raw, context) => encodePlanes(raw, { ...context, base: undefined }),
  decode: (stored, target, context) => decodePlanes(stored, target, { ...context, base: undefined }),
};

/** Codes a frame, or its exclusive or with `base` where there is one, as planes. */
export function encodePlanes(raw: Uint8Array, { kernels, elements: layout, base }: FrameContext): Uint8Array {
  const { elementSize, rotate } = layout;
  const count = Math.floor(raw.length / elementSize);
  using input = kernels.borrow(raw.length);
  using output = kernels.borrow(raw.length);
  input.bytes.set(raw);
  xorInPlace(input, output, { kernels, base });
  kernels.exports.splitPlanes(output.pointer, input.pointer, count, elementSize, rotate);
  const head = Buffer.alloc(elementSize * 4);
  const parts: Uint8Array[] = [head];
  const compressed: Uint8Array[] = [];
  for (let plane = 0; plane < elementSize; plane++) {
    const bytes = output.bytes.subarray(plane * count, (plane + 1) * count);
    const packed = compressPlane(bytes);
    if (packed) compressed.push(packed);
    head.writeUInt32LE((packed ? packed.length | COMPRESSED : bytes.length) >>> 0, plane * 4);
    parts.push(packed ?? bytes);
  }
  parts.push(input.bytes.subarray(count * elementSize));
  const stored = Buffer.concat(parts);
  for (const bytes of compressed) freeMemory(bytes);
  return stored;
}

/** The inverse of {@link encodePlanes}. Errors: `FRAME_CORRUPT`. */
export function decodePlanes(stored: Uint8Array, target: Uint8Array, context: FrameContext): void {
  const { kernels, elements, base } = context;
  const { elementSize, rotate } = elements;
  const count = Math.floor(target.length / elementSize);
  using input = kernels.borrow(target.length);
  using output = kernels.borrow(target.length);
  const end = readPlanes(stored, { count, elementSize, target: () => input.bytes });
  if (stored.length - end !== target.length - count * elementSize)
    throw frameCorrupt('its planes do not give its length');
  kernels.exports.joinPlanes(output.pointer, input.pointer, count, elementSize, rotate);
  output.bytes.set(stored.subarray(end), count * elementSize);
  xorInPlace(output, input, { kernels, base });
  target.set(output.bytes);
}

/** `bytes ^= base`, if there is one; `scratch` is a region of the same length. */
function xorInPlace(
  bytes: Region,
  scratch: Region,
  { kernels, base }: Pick<FrameContext, 'kernels' | 'base'>,
): void {
  if (!base) return;
  scratch.bytes.set(base);
  kernels.exports.xorBytes(bytes.pointer, bytes.pointer, scratch.pointer, bytes.length);
}

interface PlaneTarget {
  readonly count: number;
  readonly elementSize: number;
  readonly target: () => Uint8Array;
}

/** Unpacks the planes into `target`; returns where they end in `stored`. */
function readPlanes(stored: Uint8Array, { count, elementSize, target }: PlaneTarget): number {
  const headBytes = elementSize * 4;
  if (stored.length < headBytes) throw frameCorrupt('it is too short');
  const head = new DataView(stored.buffer, stored.byteOffset, headBytes);
  let at = headBytes;
  for (let plane = 0; plane < elementSize; plane++) {
    const word = head.getUint32(plane * 4, true);
    const length = word & ~COMPRESSED;
    if (length > stored.length - at) throw frameCorrupt('a plane ends beyond it');
    const bytes = stored.subarray(at, at + length);
    const unpacked = word & COMPRESSED ? decompress(bytes, count) : bytes;
    if (unpacked.length !== count) throw frameCorrupt('a plane has the wrong length');
    target().set(unpacked, plane * count);
    if (unpacked !== bytes) freeMemory(unpacked);
    at += length;
  }
  return at;
}

function decompress(bytes: Uint8Array, length: number): Uint8Array {
  try {
    return zstdDecompressSync(bytes, {
      maxOutputLength: Math.max(1, length),
      chunkSize: length + 64, // One piece, with room to notice the end: twice as fast as the default.
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
  } catch (cause) {
    throw frameCorrupt('a plane does not decompress', cause);
  }
}
