import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isMgitError, isSystemError } from '../base/errors.ts';
import { type PackId, parseDigest } from '../base/ids.ts';
import { fileSlices } from './backends/file-stream.ts';
import { writeCacheFile } from './cache-file.ts';
import type { LocalSide } from './local-side.ts';
import { formatPointer, type PackPointer, parsePointer } from './pointer.ts';

/** The pointer of a local pack. The digest of the whole file is computed once and kept under `oids/`. */
export async function pointerOfPack(
  local: LocalSide,
  id: PackId,
  signal?: AbortSignal,
): Promise<PackPointer> {
  const path = local.store.packPath(id);
  const { size } = await local.ports.fs.stat(path);
  const known = await rememberedPointer(local, id);
  if (known?.size === size) return known;
  const hash = createHash('sha256');
  for await (const slice of fileSlices(local.ports.fs, path)) {
    signal?.throwIfAborted();
    hash.update(slice);
  }
  const pointer = { id, oid: parseDigest(hash.digest('hex')), size };
  await rememberPointer(local, pointer);
  return pointer;
}

/** Keeps the pointer of a pack that has just been verified against it. */
export async function rememberPointer(local: LocalSide, pointer: PackPointer): Promise<void> {
  await writeCacheFile(local.ports, cachePath(local, pointer.id), Buffer.from(formatPointer(pointer)));
}

async function rememberedPointer(local: LocalSide, id: PackId): Promise<PackPointer | undefined> {
  try {
    const bytes = await local.ports.fs.readFile(cachePath(local, id));
    return parsePointer(id, Buffer.from(bytes).toString('latin1'));
  } catch (error) {
    // A cache that is absent or damaged is computed anew.
    if (isSystemError(error, 'ENOENT') || isMgitError(error, 'POINTER_INVALID')) return undefined;
    throw error;
  }
}

function cachePath(local: LocalSide, id: PackId): string {
  return join(local.mgitDirectory, 'oids', id);
}
