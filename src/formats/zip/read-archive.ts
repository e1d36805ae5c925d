import type { ByteSource } from '../checkpoint.ts';
import { findDirectory } from './end-of-directory.ts';
import { type DirectoryEntry, parseDirectory } from './parse-directory.ts';
import { zipInvalid } from './zip-error.ts';

/** One file of an archive. */
export interface ZipFile {
  readonly name: string;
  /** True where the bytes lie in the archive as they are. */
  readonly isStored: boolean;
  /** 0 stored, 8 deflate, others as the specification numbers them. */
  readonly method: number;
  /** Where its bytes, stored or compressed, are in the archive. */
  readonly offset: number;
  readonly length: number;
  /** Its length when unpacked, as the archive claims. */
  readonly unpackedLength: number;
  /** CRC-32 of the unpacked bytes, as the archive claims. */
  readonly checksum: number;
  /** Where its local header and its entry in the directory begin. */
  readonly headerOffset: number;
  readonly entryOffset: number;
  /** Whether the checksum follows the bytes. */
  readonly hasDescriptor: boolean;
}

const LOCAL = { signature: 0x04034b50, bytes: 30 };

/** True for a file that begins as an archive does. */
export function looksLikeZip(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 4)).equals(Buffer.from('PK\x03\x04', 'latin1'));
}

/**
 * The files of an archive by name, in the order of their bytes, nothing unpacked. Their places are checked against the local headers and each other. Errors: `ZIP_INVALID` for
 * duplicate names, overlaps, names that lead out of a folder, headers that contradict the directory; `ZIP_ENCRYPTED`.
 */
export async function readArchive(source: ByteSource): Promise<ReadonlyMap<string, ZipFile>> {
  const place = await findDirectory(source);
  const entries = parseDirectory(await source.read(place.offset, place.length), place.entries);
  const files = new Map<string, ZipFile>();
  let end = 0;
  for (const entry of entries.toSorted((left, right) => left.headerOffset - right.headerOffset)) {
    if (files.has(entry.name)) throw zipInvalid(`two files have the name ${JSON.stringify(entry.name)}`);
    if (entry.headerOffset < end) throw zipInvalid(`${JSON.stringify(entry.name)} overlaps another file`);
    const file = await locate(
      source,
      { ...entry, entryOffset: place.offset + entry.entryOffset },
      place.offset,
    );
    files.set(entry.name, file);
    end = file.offset + file.length;
  }
  return files;
}

async function locate(source: ByteSource, entry: DirectoryEntry, end: number): Promise<ZipFile> {
  const where = JSON.stringify(entry.name);
  if (entry.headerOffset + LOCAL.bytes > end) throw zipInvalid(`${where} lies outside the file`);
  const header = Buffer.from(await source.read(entry.headerOffset, LOCAL.bytes));
  if (header.readUInt32LE(0) !== LOCAL.signature) throw zipInvalid(`${where} has no header`);
  if (header.readUInt16LE(8) !== entry.method) throw zipInvalid(`${where} is compressed in two ways`);
  const nameLength = header.readUInt16LE(26);
  const offset = entry.headerOffset + LOCAL.bytes + nameLength + header.readUInt16LE(28);
  if (offset + entry.length > end) throw zipInvalid(`${where} reaches into the directory`);
  const name = Buffer.from(await source.read(entry.headerOffset + LOCAL.bytes, nameLength)).toString('utf8');
  if (name !== entry.name) throw zipInvalid(`${where} is called ${JSON.stringify(name)} in its own header`);
  const { length, unpackedLength, checksum } = entry;
  const isStored = entry.method === 0;
  if (isStored && length !== unpackedLength) throw zipInvalid(`${where} has two lengths`);
  const { method, headerOffset, entryOffset, hasDescriptor } = entry;
  const places = { headerOffset, entryOffset, hasDescriptor };
  return { name: entry.name, isStored, method, offset, length, unpackedLength, checksum, ...places };
}
