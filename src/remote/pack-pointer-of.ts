import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isMgitError, isSystemError } from '../base/errors.ts';
import { type PackId, parseDigest, parsePackId } from '../base/ids.ts';
import { fileSlices } from './backends/file-stream.ts';
import { writeCacheFile } from './cache-file.ts';
import type { LocalSide } from './local-side.ts';
import { formatPointer, type PackPointer, parsePointer } from './pointer.ts';

/** The pointer of a local pack. The digest of the whole file is computed once and kept under `oids/`. */
export async function pointerOfPack(
  local: Omit<LocalSide, 'history'>,
  id: PackId,
  signal?: AbortSignal,
): Promise<PackPointer> {
  const { size } = await local.ports.fs.stat(local.store.packPath(id));
  const known = await rememberedPointer(local, id);
  if (known?.size === size) return known;
  const pointer = await computePointer(local, id, signal);
  await rememberPointer(local, pointer);
  return pointer;
}

/** The pointer of a local pack as its file is now, whatever is remembered of it. */
export async function computePointer(
  local: Omit<LocalSide, 'history'>,
  id: PackId,
  signal?: AbortSignal,
): Promise<PackPointer> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const slice of fileSlices(local.ports.fs, local.store.packPath(id))) {
    signal?.throwIfAborted();
    hash.update(slice);
    size += slice.length;
  }
  return { id, oid: parseDigest(hash.digest('hex')), size };
}

/** Keeps the pointer of a pack that has just been verified against it. */
export async function rememberPointer(
  local: Omit<LocalSide, 'history'>,
  pointer: PackPointer,
): Promise<void> {
  await writeCacheFile(local.ports, cachePath(local, pointer.id), Buffer.from(formatPointer(pointer)));
}

/** All pointers that are kept. */
export async function rememberedPointers(local: Omit<LocalSide, 'history'>): Promise<readonly PackPointer[]> {
  const pointers: PackPointer[] = [];
  for (const name of await namesIn(local, 'oids')) {
    const pointer = /^[0-9a-f]{64}$/.test(name) && (await rememberedPointer(local, parsePackId(name)));
    if (pointer) pointers.push(pointer);
  }
  return pointers;
}

async function namesIn(
  { ports, mgitDirectory }: Omit<LocalSide, 'history'>,
  directory: string,
): Promise<readonly string[]> {
  try {
    return (await ports.fs.readDirectory(join(mgitDirectory, directory))).map(({ name }) => name);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** What is remembered of a pack; undefined for nothing, or nothing readable. */
export async function rememberedPointer(
  local: Omit<LocalSide, 'history'>,
  id: PackId,
): Promise<PackPointer | undefined> {
  try {
    const bytes = await local.ports.fs.readFile(cachePath(local, id));
    return parsePointer(id, Buffer.from(bytes).toString('latin1'));
  } catch (error) {
    // A cache that is absent or damaged is computed anew.
    if (isSystemError(error, 'ENOENT') || isMgitError(error, 'POINTER_INVALID')) return undefined;
    throw error;
  }
}

function cachePath(local: Omit<LocalSide, 'history'>, id: PackId): string {
  return join(local.mgitDirectory, 'oids', id);
}
