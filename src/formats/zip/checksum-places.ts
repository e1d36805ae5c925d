import type { ByteSource } from '../checkpoint.ts';
import type { ZipFile } from './read-archive.ts';

/** Where a checksum stands in a local header, a directory entry and, before the lengths, in what follows the bytes of a file. */
const IN_LOCAL_HEADER = 14;
const IN_ENTRY = 16;
const DESCRIPTOR = { signature: 0x08074b50, bytes: 8 };

/**
 * The offsets in the archive of all fields that hold a file's checksum: in the directory; in the local header or, where the file was written before its checksum was known, behind its
 * bytes. Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.9, 4.3.12.
 */
export async function checksumPlaces(source: ByteSource, file: ZipFile): Promise<readonly number[]> {
  const places = [file.entryOffset + IN_ENTRY];
  const local = file.headerOffset + IN_LOCAL_HEADER;
  if (Buffer.from(await source.read(local, 4)).readUInt32LE() === file.checksum && file.checksum !== 0)
    places.push(local);
  const behind = await descriptorPlace(source, file);
  return behind === undefined ? places : [...places, behind];
}

async function descriptorPlace(source: ByteSource, file: ZipFile): Promise<number | undefined> {
  const end = file.offset + file.length;
  if (!file.hasDescriptor || end + DESCRIPTOR.bytes > source.size) return undefined;
  const bytes = Buffer.from(await source.read(end, DESCRIPTOR.bytes));
  if (bytes.readUInt32LE(0) === DESCRIPTOR.signature && bytes.readUInt32LE(4) === file.checksum)
    return end + 4;
  return bytes.readUInt32LE(0) === file.checksum ? end : undefined;
}
