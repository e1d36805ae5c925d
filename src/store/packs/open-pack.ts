import type { PackId } from '../../base/ids.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import { packCorrupt } from './pack-error.ts';
import { checkHeader, checkIndexDigest, decodeFooter, FOOTER_BYTES, PACK_HEADER } from './pack-frame.ts';
import { openPackIndex, type PackIndex } from './pack-index.ts';

/** A finished pack, open for reading. */
export interface OpenPack {
  readonly id: PackId;
  readonly index: PackIndex;
  readonly file: OpenFile;
}

/**
 * Opens a pack file and checks its head, its foot and its index's digest. `id`, if given, is the pack it must be.
 * Errors: `PACK_CORRUPT`.
 */
export async function openPackFile(fs: FileSystem, path: string, id?: PackId): Promise<OpenPack> {
  const file = await fs.open(path, 'read');
  try {
    return await openPackIn(file, id ?? path);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens the pack that a file is, as {@link openPackFile} does. The file stays the caller's. Errors: `PACK_CORRUPT`. */
export async function openPackIn(file: OpenFile, name: PackId | string): Promise<OpenPack> {
  const { size } = await file.stat();
  if (size < PACK_HEADER.length + FOOTER_BYTES) throw packCorrupt(name, 'it is too short');
  checkHeader(await readExactly(file, { offset: 0, length: PACK_HEADER.length, name }), name);
  const foot = await readExactly(file, { offset: size - FOOTER_BYTES, length: FOOTER_BYTES, name });
  const footer = decodeFooter(foot, size, name);
  if (/^[0-9a-f]{64}$/.test(name) && footer.id !== name) throw packCorrupt(name, 'it is another pack');
  const bytes = await readExactly(file, { offset: footer.indexOffset, length: footer.indexLength, name });
  checkIndexDigest(bytes, footer, name);
  return { id: footer.id, index: openPackIndex(bytes, footer.indexOffset, name), file };
}

/** Reads part of a pack. Errors: `PACK_CORRUPT` when the file ends before. */
export async function readExactly(
  file: OpenFile,
  { offset, length, name }: { readonly offset: number; readonly length: number; readonly name: string },
): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  await fillFrom(file, bytes, { offset, name });
  return bytes;
}

/** Fills a buffer with part of a pack. Errors: `PACK_CORRUPT` when the file ends before. */
export async function fillFrom(
  file: OpenFile,
  target: Uint8Array,
  { offset, name }: { readonly offset: number; readonly name: string },
): Promise<void> {
  const got = await file.read(target, offset);
  if (got !== target.length) throw packCorrupt(name, `it ends at byte ${offset + got}`);
}
