import type { Region } from '../../../tensor/kernels/arena.ts';
import type { FrameContext } from './codec.ts';
import { frameCorrupt } from './frame-error.ts';
import { decodePlanes, encodePlanes } from './planes.ts';

/** First byte of a difference frame: how the rest says where a frame differs from its reference. */
const FORM = { same: 0, changed: 1, planes: 2 } as const;
/** Bytes before the gaps of a `changed` frame: form, elements u32, bytes of the coded gaps u32. */
const HEAD_BYTES = 9;
const GAPS = { elementSize: 4, rotate: false };
/** Positions are listed up to one in this many elements; more are cheaper as planes of the whole frame. */
const LISTED = 8;
/** Up to one in this many, the list is surely smaller. */
const SURELY_LISTED = 32;

/** A frame's context with what it is compared with: as many bytes as the frame has. */
export type DifferenceContext = FrameContext & { readonly base: Uint8Array };

/** Codes where `raw` differs from `context.base`: in one byte if nowhere, as a list where it is short, else as planes. */
export function encodeDifference(raw: Uint8Array, context: DifferenceContext): Uint8Array {
  using difference = context.kernels.borrow(raw.length);
  subtract(difference, raw, context);
  const listed = listChanged(difference, context);
  if (listed?.isSure) return listed.stored;
  const planes = Buffer.concat([Uint8Array.of(FORM.planes), encodePlanes(raw, context)]);
  return listed && listed.stored.length < planes.length ? listed.stored : planes;
}

/** The inverse of {@link encodeDifference}. Errors: `FRAME_CORRUPT`. */
export function decodeDifference(stored: Uint8Array, target: Uint8Array, context: DifferenceContext): void {
  const form = stored[0];
  if (form === FORM.planes) decodePlanes(stored.subarray(1), target, context);
  else if (form === FORM.changed) decodeChanged(stored, target, context);
  else if (form === FORM.same && stored.length === 1) target.set(context.base);
  else throw frameCorrupt('its form is unknown');
}

function subtract(difference: Region, raw: Uint8Array, { kernels, base }: DifferenceContext): void {
  using scratch = kernels.borrow(raw.length);
  difference.bytes.set(raw);
  scratch.bytes.set(base);
  kernels.exports.xorBytes(difference.pointer, difference.pointer, scratch.pointer, raw.length);
}

/** The frame as a list of changed elements; undefined where there are too many. */
function listChanged(
  difference: Region,
  context: DifferenceContext,
): { readonly stored: Uint8Array; readonly isSure: boolean } | undefined {
  const { kernels, elements } = context;
  const { elementSize } = elements;
  const count = Math.floor(difference.length / elementSize);
  const limit = Math.floor(count / LISTED);
  using gaps = kernels.borrow(limit * 4);
  using values = kernels.borrow(limit * elementSize);
  const { gatherChanged } = kernels.exports;
  const [from, to] = [gaps.pointer, values.pointer];
  const changed = gatherChanged(from, to, difference.pointer, count, elementSize, limit) >>> 0;
  if (changed > limit) return undefined;
  const rest = difference.bytes.slice(count * elementSize);
  if (changed === 0 && rest.every(byte => byte === 0))
    return { stored: Uint8Array.of(FORM.same), isSure: true };
  if (changed === 0) return undefined;
  const list = {
    gaps: gaps.bytes.slice(0, changed * 4),
    values: Buffer.concat([values.bytes.subarray(0, changed * elementSize), rest]),
  };
  return { stored: storedList(list, context), isSure: changed * SURELY_LISTED <= count };
}

function storedList(list: { readonly gaps: Uint8Array; readonly values: Uint8Array }, context: FrameContext) {
  const plain = { ...context, base: undefined };
  const gaps = encodePlanes(list.gaps, { ...plain, elements: GAPS });
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(FORM.changed, 0);
  head.writeUInt32LE(list.gaps.length / 4, 1);
  head.writeUInt32LE(gaps.length, 5);
  return Buffer.concat([head, gaps, encodePlanes(list.values, plain)]);
}

function decodeChanged(stored: Uint8Array, target: Uint8Array, context: DifferenceContext): void {
  const { kernels, base } = context;
  const { elementSize } = context.elements;
  const count = Math.floor(target.length / elementSize);
  const { changed, gaps, values } = readList(stored, { count, length: target.length, context });
  using output = kernels.borrow(target.length);
  using positions = kernels.borrow(gaps.length);
  using differences = kernels.borrow(values.length);
  output.bytes.set(base);
  positions.bytes.set(gaps);
  differences.bytes.set(values);
  const { scatterChanged } = kernels.exports;
  const [to, from] = [output.pointer, positions.pointer];
  if (!scatterChanged(to, from, differences.pointer, changed, count, elementSize))
    throw frameCorrupt('a position lies outside of it');
  target.set(output.bytes);
  for (let at = count * elementSize; at < target.length; at++)
    target[at] = (target[at] ?? 0) ^ (values[at - (count - changed) * elementSize] ?? 0);
}

interface ListShape {
  readonly count: number;
  readonly length: number;
  readonly context: FrameContext;
}

function readList(stored: Uint8Array, { count, length, context }: ListShape) {
  if (stored.length < HEAD_BYTES) throw frameCorrupt('it is too short');
  const head = new DataView(stored.buffer, stored.byteOffset, HEAD_BYTES);
  const changed = head.getUint32(1, true);
  const valuesAt = HEAD_BYTES + head.getUint32(5, true);
  if (changed === 0 || changed > count) throw frameCorrupt('it lists more elements than it has, or none');
  if (valuesAt > stored.length) throw frameCorrupt('its positions end beyond it');
  const gaps = new Uint8Array(changed * 4);
  const values = new Uint8Array(length - (count - changed) * context.elements.elementSize);
  const plain = { ...context, base: undefined };
  decodePlanes(stored.subarray(HEAD_BYTES, valuesAt), gaps, { ...plain, elements: GAPS });
  decodePlanes(stored.subarray(valuesAt), values, plain);
  return { changed, gaps, values };
}
