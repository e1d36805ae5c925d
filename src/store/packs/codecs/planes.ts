import { freeMemory } from '../../../base/free-memory.ts';
import type { Region } from '../../../tensor/kernels/arena.ts';
import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec, FrameContext } from './codec.ts';
import { frameCorrupt } from './frame-error.ts';
import { decodePlane, encodePlane, type PlanePlace, planeBytes } from './plane.ts';

/** Bytes before the planes for each of them: how it is stored, and how long. */
const WORD_BYTES = 4;
/** Byte planes, each in the smallest of its forms; bytes after the last whole element are kept as they are. */
export const planesCodec: FrameCodec = {
  kind: RECORD_KINDS.planes,
  name: 'planes',
  needsBase: false,
  encode: (raw, context) => encodePlanes(raw, { ...context, base: undefined }),
  decode: (stored, target, context) => decodePlanes(stored, target, { ...context, base: undefined }),
};

/** Codes a frame, or its exclusive or with `base` where there is one, as planes. */
export function encodePlanes(raw: Uint8Array, { kernels, elements, base }: FrameContext): Uint8Array {
  const { elementSize, rotate } = elements;
  const count = Math.floor(raw.length / elementSize);
  using input = kernels.borrow(raw.length);
  using output = kernels.borrow(raw.length);
  input.bytes.set(raw);
  xorInPlace(input, output, { kernels, base });
  kernels.exports.splitPlanes(output.pointer, input.pointer, count, elementSize, rotate);
  const places = placesIn(output, { count, elementSize });
  const planes = places.map(place => encodePlane(place, kernels));
  const head = Buffer.alloc(elementSize * WORD_BYTES);
  for (const [plane, { word }] of planes.entries()) head.writeUInt32LE(word, plane * WORD_BYTES);
  const bodies = places.map((place, plane) => planes[plane]?.bytes ?? planeBytes(place));
  const stored = Buffer.concat([head, ...bodies, input.bytes.subarray(count * elementSize)]);
  for (const { bytes } of planes) if (bytes) freeMemory(bytes);
  return stored;
}

/** The inverse of {@link encodePlanes}. Errors: `FRAME_CORRUPT`. */
export function decodePlanes(stored: Uint8Array, target: Uint8Array, context: FrameContext): void {
  const { kernels, elements, base } = context;
  const { elementSize, rotate } = elements;
  const count = Math.floor(target.length / elementSize);
  using input = kernels.borrow(target.length);
  using output = kernels.borrow(target.length);
  const end = readPlanes(stored, placesIn(input, { count, elementSize }), context);
  if (stored.length - end !== target.length - count * elementSize)
    throw frameCorrupt('its planes do not give its length');
  kernels.exports.joinPlanes(output.pointer, input.pointer, count, elementSize, rotate);
  output.bytes.set(stored.subarray(end), count * elementSize);
  xorInPlace(output, input, { kernels, base });
  target.set(output.bytes);
}

/** Unpacks planes into their places; returns where they end in `stored`. */
function readPlanes(stored: Uint8Array, places: readonly PlanePlace[], { kernels }: FrameContext): number {
  let at = places.length * WORD_BYTES;
  if (stored.length < at) throw frameCorrupt('it is too short');
  const head = new DataView(stored.buffer, stored.byteOffset, at);
  for (const [plane, place] of places.entries())
    at = decodePlane({ stored, at, word: head.getUint32(plane * WORD_BYTES, true) }, place, kernels);
  return at;
}

function placesIn(
  region: Region,
  { count, elementSize }: { count: number; elementSize: number },
): readonly PlanePlace[] {
  return Array.from({ length: elementSize }, (_, plane) => ({ region, offset: plane * count, count }));
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
