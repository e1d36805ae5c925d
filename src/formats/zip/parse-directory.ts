import { MgitError } from '../../base/errors.ts';
import { natural } from './end-of-directory.ts';
import { isSafeName } from './safe-name.ts';
import { zipInvalid } from './zip-error.ts';

/** A file as the central directory describes it. */
export interface DirectoryEntry {
  readonly name: string;
  /** 0 stored, 8 deflate, others as the specification numbers them. */
  readonly method: number;
  readonly length: number;
  readonly unpackedLength: number;
  readonly headerOffset: number;
  /** Where the entry begins in the directory. */
  readonly entryOffset: number;
  /** Whether the checksum follows the bytes. */
  readonly hasDescriptor: boolean;
  /** CRC-32 of the unpacked bytes, as the archive claims. */
  readonly checksum: number;
}

const ENTRY = { signature: 0x02014b50, bytes: 46 };
const ENCRYPTED = 0x0001;
const DESCRIPTOR = 0x0008;
const IN_EXTRA = 0xffffffff;

/** The files that the central directory names. Errors: `ZIP_INVALID`, `ZIP_ENCRYPTED`. Source: PKWARE APPNOTE 6.3.10, section 4.3.12. */
export function parseDirectory(bytes: Uint8Array, count: number): readonly DirectoryEntry[] {
  const directory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: DirectoryEntry[] = [];
  let at = 0;
  while (entries.length < count) {
    if (at + ENTRY.bytes > directory.length || directory.readUInt32LE(at) !== ENTRY.signature)
      throw zipInvalid(`its directory ends after ${entries.length} of ${count} files`);
    const [name, extra, comment] = [28, 30, 32].map(field => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const end = at + ENTRY.bytes + name + extra + comment;
    if (end > directory.length) throw zipInvalid('its directory is cut off');
    entries.push({ ...parseEntry(directory.subarray(at, end), { name, extra }), entryOffset: at });
    at = end;
  }
  return entries;
}

function parseEntry(
  entry: Buffer,
  lengths: { readonly name: number; readonly extra: number },
): Omit<DirectoryEntry, 'entryOffset'> {
  const name = entry.toString('utf8', ENTRY.bytes, ENTRY.bytes + lengths.name);
  refuseUnsafe(name);
  if ((entry.readUInt16LE(8) & ENCRYPTED) !== 0)
    throw new MgitError('ZIP_ENCRYPTED', `${JSON.stringify(name)} is encrypted`, {
      hint: 'unpack the archive with its password and add what is inside',
    });
  const extra = entry.subarray(ENTRY.bytes + lengths.name, ENTRY.bytes + lengths.name + lengths.extra);
  const wide = wideNumbers(extra);
  const widened = (field: number): number => {
    const value = entry.readUInt32LE(field);
    return value === IN_EXTRA ? natural(wide.next()) : value;
  };
  // The extra field holds those of the three that do not fit, in this order.
  const unpackedLength = widened(24);
  const length = widened(20);
  const headerOffset = widened(42);
  const [method, checksum] = [entry.readUInt16LE(10), entry.readUInt32LE(16)];
  const hasDescriptor = (entry.readUInt16LE(8) & DESCRIPTOR) !== 0;
  return { name, method, length, unpackedLength, headerOffset, hasDescriptor, checksum };
}

/** The 64-bit numbers of the zip64 extra field, one after the other. */
function wideNumbers(extra: Buffer): { next(): bigint } {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  let used = 0;
  return {
    next: () => {
      if (used + 8 > field.length) throw zipInvalid('a 64-bit number is missing');
      used += 8;
      return field.readBigUInt64LE(used - 8);
    },
  };
}

/** Nothing is ever unpacked to such a name; an archive that has one was made to harm whoever does. */
function refuseUnsafe(name: string): void {
  if (!isSafeName(name))
    throw zipInvalid(`the name ${JSON.stringify(name.slice(0, 200))} leads out of its folder`);
}
