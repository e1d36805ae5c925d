import type { ByteSource } from '../checkpoint.ts';
import { ZIP_LIMITS } from './limits.ts';
import { zipInvalid } from './zip-error.ts';

/** Where the central directory is. */
export interface DirectoryPlace {
  readonly offset: number;
  readonly length: number;
  readonly entries: number;
}

const END = { signature: 0x06054b50, bytes: 22 };
const LOCATOR = { signature: 0x07064b50, bytes: 20 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const LONGEST_COMMENT = 0xffff;

/**
 * Finds the central directory from the end of the archive, zip64 included. Errors: `ZIP_INVALID`.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
 */
export async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  const length = Math.min(source.size, END.bytes + LONGEST_COMMENT + LOCATOR.bytes);
  const start = source.size - length;
  const tail = Buffer.from(await source.read(start, length));
  const at = endRecordAt(tail);
  if (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 6) !== 0)
    throw zipInvalid('it is one of several volumes');
  const place = (await zip64Place(source, tail, at)) ?? {
    entries: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  return checked(place, start + at);
}

/** The last end record whose comment reaches exactly to the end of the file. */
function endRecordAt(tail: Buffer): number {
  for (let at = tail.length - END.bytes; at >= 0; at--)
    if (
      tail.readUInt32LE(at) === END.signature &&
      at + END.bytes + tail.readUInt16LE(at + 20) === tail.length
    )
      return at;
  throw zipInvalid('its central directory is missing, as in a file that was cut off');
}

async function zip64Place(
  source: ByteSource,
  tail: Buffer,
  end: number,
): Promise<DirectoryPlace | undefined> {
  const at = end - LOCATOR.bytes;
  if (at < 0 || tail.readUInt32LE(at) !== LOCATOR.signature) return undefined;
  const offset = natural(tail.readBigUInt64LE(at + 8));
  if (offset + END64.bytes > source.size) throw zipInvalid('its zip64 record lies outside the file');
  const record = Buffer.from(await source.read(offset, END64.bytes));
  if (record.readUInt32LE(0) !== END64.signature) throw zipInvalid('its zip64 record is missing');
  return {
    entries: natural(record.readBigUInt64LE(32)),
    length: natural(record.readBigUInt64LE(40)),
    offset: natural(record.readBigUInt64LE(48)),
  };
}

function checked(place: DirectoryPlace, end: number): DirectoryPlace {
  if (place.entries > ZIP_LIMITS.entries) throw zipInvalid(`it claims ${place.entries} files`);
  if (place.length > ZIP_LIMITS.directoryBytes)
    throw zipInvalid(`its directory claims ${place.length} bytes`);
  if (place.offset + place.length > end) throw zipInvalid('its central directory lies outside the file');
  return place;
}

/** A 64-bit number that may be used as an offset. */
export function natural(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw zipInvalid('a number is too large');
  return Number(value);
}
