import { join } from 'node:path';
import { isMgitError, isSystemError } from '../base/errors.ts';
import { openPackFile } from '../store/packs/open-pack.ts';
import { packCorrupt } from '../store/packs/pack-error.ts';
import { checkIndexDigest, decodeFooter, FOOTER_BYTES, type PackFooter } from '../store/packs/pack-frame.ts';
import { openPackIndex, type PackIndex } from '../store/packs/pack-index.ts';
import type { PackBackend } from './backends/backend.ts';
import { writeCacheFile } from './cache-file.ts';
import type { LocalSide } from './local-side.ts';
import type { PackPointer } from './pointer.ts';

/** One request brings the whole tail of most packs. */
const FIRST_TAIL_BYTES = 64 * 1024;

/**
 * The index of a remote pack: that of the same pack here, else by ranges of its tail, verified against the pack's id and kept under
 * `indexes/`, so that it is read once.
 * Errors: `PACK_CORRUPT`; as {@link PackBackend.load}.
 */
export async function remotePackIndex(
  local: LocalSide,
  backend: PackBackend,
  pointer: PackPointer,
  signal?: AbortSignal,
): Promise<PackIndex> {
  const path = join(local.mgitDirectory, 'indexes', pointer.id);
  const here = (await readCached(local, path, pointer)) ?? (await readLocal(local, pointer));
  if (here) return here;
  const tail = await loadTail(backend, pointer, signal);
  const index = openTail(tail, pointer);
  await writeCacheFile(local.ports, path, tail);
  return index;
}

async function readCached(
  local: LocalSide,
  path: string,
  pointer: PackPointer,
): Promise<PackIndex | undefined> {
  try {
    return openTail(await local.ports.fs.readFile(path), pointer);
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isMgitError(error, 'PACK_CORRUPT')) return undefined;
    throw error;
  }
}

/** Undefined where the pack is not here, or damaged. */
async function readLocal({ ports, store }: LocalSide, { id }: PackPointer): Promise<PackIndex | undefined> {
  try {
    const pack = await openPackFile(ports.fs, store.packPath(id), id);
    await pack.file.close();
    return pack.index;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isMgitError(error, 'PACK_CORRUPT')) return undefined;
    throw error;
  }
}

async function loadTail(
  backend: PackBackend,
  pointer: PackPointer,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const options = signal ? { signal } : {};
  const read = async (offset: number): Promise<Uint8Array> =>
    collect(backend.load(pointer, { offset, length: pointer.size - offset }, options));
  const end = await read(Math.max(0, pointer.size - FIRST_TAIL_BYTES));
  const { indexLength } = footerOf(end, pointer);
  const tailBytes = indexLength + FOOTER_BYTES;
  return tailBytes <= end.length ? end.subarray(end.length - tailBytes) : read(pointer.size - tailBytes);
}

/** An index and the footer behind it. Errors: `PACK_CORRUPT`. */
function openTail(tail: Uint8Array, pointer: PackPointer): PackIndex {
  const footer = footerOf(tail, pointer);
  if (footer.indexLength + FOOTER_BYTES !== tail.length)
    throw packCorrupt(pointer.id, 'its index is not as long as its footer says');
  const index = tail.subarray(0, footer.indexLength);
  checkIndexDigest(index, footer, pointer.id);
  return openPackIndex(index, footer.indexOffset, pointer.id);
}

function footerOf(tail: Uint8Array, pointer: PackPointer): PackFooter {
  const bytes = tail.subarray(Math.max(0, tail.length - FOOTER_BYTES));
  const footer = decodeFooter(bytes, pointer.size, pointer.id);
  if (footer.id !== pointer.id) throw packCorrupt(pointer.id, 'its pointer leads to another pack');
  return footer;
}

async function collect(slices: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const slice of slices) parts.push(slice);
  return Buffer.concat(parts);
}
