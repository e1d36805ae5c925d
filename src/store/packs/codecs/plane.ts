import { freeMemory } from '../../../base/free-memory.ts';
import type { Region } from '../../../tensor/kernels/arena.ts';
import type { Kernels } from '../../../tensor/kernels/kernels.ts';
import { compressPlane } from './compress-plane.ts';
import { decompressPlane } from './decompress-plane.ts';
import { frameCorrupt } from './frame-error.ts';

/** Bits of a plane's word that say how it is stored; the others are its stored length. */
const COMPRESSED = 0x80000000;
const TWO_VALUED = 0x40000000;
const LENGTH = 0x3fffffff;
/** Bytes before the bits of a plane of two values: the value of a 0, and that of a 1. */
const VALUES_BYTES = 2;
/** Shorter planes stay as they are: there is nothing to be saved. */
const SHORTEST = 64;

/** Where a plane lies: `count` bytes of a region of the kernels' memory. */
export interface PlanePlace {
  readonly region: Region;
  readonly offset: number;
  readonly count: number;
}

/** A plane as it is stored. */
export interface StoredPlane {
  readonly word: number;
  /** Undefined: the plane's own bytes. */
  readonly bytes: Uint8Array | undefined;
}

/** A plane's bytes, until the kernels' memory grows. */
export function planeBytes({ region, offset, count }: PlanePlace): Uint8Array {
  return region.bytes.subarray(offset, offset + count);
}

/** The smallest of its forms: as it is, compressed, or one bit for each of its bytes where these have two values. */
export function encodePlane(place: PlanePlace, kernels: Kernels): StoredPlane {
  const { region, offset, count } = place;
  if (count < SHORTEST) return { word: count, bytes: undefined };
  const values = kernels.exports.twoValues(region.pointer + offset, count);
  if (values >= 0) return encodeBits(place, values, kernels);
  const packed = compressPlane(planeBytes(place));
  return packed
    ? { word: (packed.length | COMPRESSED) >>> 0, bytes: packed }
    : { word: count, bytes: undefined };
}

/** A plane that begins at the `at`th byte of a stored frame. */
export interface PlaneWithin {
  readonly stored: Uint8Array;
  readonly at: number;
  readonly word: number;
}

/** Fills `place` with a plane; returns where it ends in its frame. Errors: `FRAME_CORRUPT`. */
export function decodePlane({ stored, at, word }: PlaneWithin, place: PlanePlace, kernels: Kernels): number {
  const end = at + (word & LENGTH);
  if (end > stored.length) throw frameCorrupt('a plane ends beyond it');
  const bytes = stored.subarray(at, end);
  const isCompressed = (word & COMPRESSED) !== 0;
  if (word & TWO_VALUED) decodeBits({ bytes, isCompressed }, place, kernels);
  else fill({ bytes, isCompressed }, place);
  return end;
}

/** The exclusive or of `place` with a plane; `scratch` is as long, and is overwritten. Returns where the plane ends. Errors: `FRAME_CORRUPT`. */
export function xorPlane(
  plane: PlaneWithin,
  { place, scratch }: { readonly place: PlanePlace; readonly scratch: PlanePlace },
  kernels: Kernels,
): number {
  if (isZero(plane)) return plane.at + VALUES_BYTES;
  const end = decodePlane(plane, scratch, kernels);
  const [to, by] = [place, scratch].map(({ region, offset }) => region.pointer + offset) as [number, number];
  kernels.exports.xorBytes(to, to, by, place.count);
  return end;
}

/** Whether all bytes of a plane are zero, as far as that can be seen without unpacking it. */
function isZero({ stored, at, word }: PlaneWithin): boolean {
  return word === (TWO_VALUED | VALUES_BYTES) && stored[at] === 0 && stored[at + 1] === 0;
}

interface PlaneBytes {
  readonly bytes: Uint8Array;
  readonly isCompressed: boolean;
}

function fill({ bytes, isCompressed }: PlaneBytes, place: PlanePlace): void {
  const unpacked = isCompressed ? decompressPlane(bytes, place.count) : bytes;
  if (unpacked.length !== place.count) throw frameCorrupt('a plane has the wrong length');
  planeBytes(place).set(unpacked);
  if (isCompressed) freeMemory(unpacked);
}

function encodeBits({ region, offset, count }: PlanePlace, values: number, kernels: Kernels): StoredPlane {
  const [zero, one] = [values & 0xff, values >> 8];
  if (zero === one) return { word: TWO_VALUED | VALUES_BYTES, bytes: Uint8Array.of(zero, one) };
  using bits = kernels.borrow(bitBytes(count));
  kernels.exports.packBits(bits.pointer, region.pointer + offset, count, one);
  const packed = compressPlane(bits.bytes);
  const bytes = Buffer.concat([Uint8Array.of(zero, one), packed ?? bits.bytes]);
  if (packed) freeMemory(packed);
  return { word: (bytes.length | TWO_VALUED | (packed ? COMPRESSED : 0)) >>> 0, bytes };
}

function decodeBits({ bytes, isCompressed }: PlaneBytes, place: PlanePlace, kernels: Kernels): void {
  const [zero, one] = bytes;
  if (zero === undefined || one === undefined) throw frameCorrupt('a plane is too short');
  const { region, offset, count } = place;
  if (zero === one) {
    if (bytes.length > VALUES_BYTES) throw frameCorrupt('a plane of one value has bits');
    planeBytes(place).fill(zero);
    return;
  }
  using bits = kernels.borrow(bitBytes(count));
  fill(
    { bytes: bytes.subarray(VALUES_BYTES), isCompressed },
    { region: bits, offset: 0, count: bits.length },
  );
  kernels.exports.unpackBits(region.pointer + offset, bits.pointer, count, zero, one);
}

const bitBytes = (count: number): number => Math.ceil(count / 8);
