import { isMgitError, MgitError } from '../../../base/errors.ts';
import { freeMemory } from '../../../base/free-memory.ts';
import { partsOf } from '../../../base/parts-of.ts';
import type { Region } from '../../../tensor/kernels/arena.ts';
import { RECORD_KINDS } from '../records.ts';
import type { ElementLayout, FrameCodec, FrameContext, FramesBeneath } from './codec.ts';
import { frameCorrupt } from './frame-error.ts';
import {
  decodePlane,
  encodePlane,
  type PlanePlace,
  type PlaneWithin,
  planeBytes,
  xorPlane,
} from './plane.ts';

type PlanesContext = Pick<FrameContext, 'kernels' | 'elements'>;

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

/**
 * Codes a frame, or its exclusive or with `base` or with what the frames `beneath` give, as planes. Splitting commutes with exclusive or, so
 * that what is beneath need not become a base first. Errors: `FRAME_CORRUPT`, its details naming the `layer`, counted from 1.
 */
export function encodePlanes(raw: Uint8Array, context: FrameContext): Uint8Array {
  const { kernels, elements, base, beneath } = context;
  const { elementSize, rotate } = elements;
  using input = kernels.borrow(raw.length);
  using output = kernels.borrow(raw.length);
  input.bytes.set(raw);
  xorInPlace(input, output, { kernels, base });
  const count = countIn(raw, elements);
  kernels.exports.splitPlanes(output.pointer, input.pointer, count, elementSize, rotate);
  const whole = count * elementSize;
  output.bytes.set(input.bytes.subarray(whole), whole);
  for (const [at, stored] of layersOf(beneath).entries())
    inLayer(at + 1, () => xorPlanes(stored, { planes: output, scratch: input }, context));
  const places = placesIn(output, elements);
  const planes = places.map(place => encodePlane(place, kernels));
  const head = Buffer.alloc(elementSize * WORD_BYTES);
  for (const [plane, { word }] of planes.entries()) head.writeUInt32LE(word, plane * WORD_BYTES);
  const bodies = places.map((place, plane) => planes[plane]?.bytes ?? planeBytes(place));
  const stored = Buffer.concat([head, ...bodies, output.bytes.subarray(whole)]);
  for (const { bytes } of planes) if (bytes) freeMemory(bytes);
  return stored;
}

/** The inverse of {@link encodePlanes}. Errors: `FRAME_CORRUPT`. */
export function decodePlanes(stored: Uint8Array, target: Uint8Array, context: FrameContext): void {
  const { kernels, base } = context;
  using planes = kernels.borrow(target.length);
  using output = kernels.borrow(target.length);
  readPlanes(stored, planes, context);
  joinPlanes(output, planes, context);
  xorInPlace(output, planes, { kernels, base });
  target.set(output.bytes);
}

/** Decodes a frame that is the exclusive or with what the frames `beneath` give: as planes, joined once. Errors: those of {@link encodePlanes}. */
export function decodeLayers(
  stored: Uint8Array,
  target: Uint8Array,
  context: PlanesContext & { readonly beneath: FramesBeneath },
): void {
  const { kernels, beneath } = context;
  using planes = kernels.borrow(target.length);
  using scratch = kernels.borrow(target.length);
  const layers = [stored, ...layersOf(beneath)];
  for (const [layer, frame] of [...layers.entries()].reverse())
    inLayer(layer, () =>
      layer === layers.length - 1
        ? readPlanes(frame, planes, context)
        : xorPlanes(frame, { planes, scratch }, context),
    );
  joinPlanes(scratch, planes, context);
  target.set(scratch.bytes);
}

function layersOf(beneath: FramesBeneath | undefined): readonly Uint8Array[] {
  return beneath ? partsOf(beneath.bytes, beneath.lengths) : [];
}

/** Names the layer in which something is damaged: 0 is the frame itself. */
function inLayer(layer: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!isMgitError(error, 'FRAME_CORRUPT')) throw error;
    throw new MgitError(error.code, error.message, { cause: error, details: { layer } });
  }
}

/** Unpacks the planes of a frame, and the bytes after them, into a region of the frame's length. */
function readPlanes(stored: Uint8Array, region: Region, { kernels, elements }: PlanesContext): void {
  const rest = eachPlane(stored, placesIn(region, elements), (plane, place) =>
    decodePlane(plane, place, kernels),
  );
  restIn(region, elements, rest).set(rest);
}

/** Changes planes, and the bytes after them, by those of another frame. */
function xorPlanes(
  stored: Uint8Array,
  { planes, scratch }: { readonly planes: Region; readonly scratch: Region },
  { kernels, elements }: PlanesContext,
): void {
  const rest = eachPlane(stored, placesIn(planes, elements), (plane, place) =>
    xorPlane(plane, { place, scratch: { ...place, region: scratch } }, kernels),
  );
  const bytes = restIn(planes, elements, rest);
  for (const [at, byte] of rest.entries()) bytes[at] = (bytes[at] ?? 0) ^ byte;
}

/** Does something with a plane and the place of its bytes; returns where it ends. */
type TakePlane = (plane: PlaneWithin, place: PlanePlace) => number;

/** Takes the planes of a frame one after the other; returns what follows them. */
function eachPlane(stored: Uint8Array, places: readonly PlanePlace[], take: TakePlane): Uint8Array {
  let at = places.length * WORD_BYTES;
  if (stored.length < at) throw frameCorrupt('it is too short');
  const head = new DataView(stored.buffer, stored.byteOffset, at);
  for (const [plane, place] of places.entries())
    at = take({ stored, at, word: head.getUint32(plane * WORD_BYTES, true) }, place);
  return stored.subarray(at);
}

function joinPlanes(output: Region, planes: Region, { kernels, elements }: PlanesContext): void {
  const { elementSize, rotate } = elements;
  const count = countIn(planes, elements);
  kernels.exports.joinPlanes(output.pointer, planes.pointer, count, elementSize, rotate);
  const whole = count * elementSize;
  output.bytes.set(planes.bytes.subarray(whole), whole);
}

/** The bytes of a region after its last whole element: as many as `rest` must have. */
function restIn(region: Region, elements: ElementLayout, rest: Uint8Array): Uint8Array {
  const bytes = region.bytes.subarray(countIn(region, elements) * elements.elementSize);
  if (rest.length !== bytes.length) throw frameCorrupt('its planes do not give its length');
  return bytes;
}

function placesIn(region: Region, elements: ElementLayout): readonly PlanePlace[] {
  const count = countIn(region, elements);
  return Array.from({ length: elements.elementSize }, (_, plane) => ({
    region,
    offset: plane * count,
    count,
  }));
}

/** Whole elements in so many bytes. */
const countIn = ({ length }: { readonly length: number }, { elementSize }: ElementLayout): number =>
  Math.floor(length / elementSize);

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
