import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import type { ManifestExtent } from '../../store/manifest/manifest.ts';
import type { TensorStore } from '../../store/tensor-store.ts';
import { readIndex } from '../../store/worktree/index-file.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

const SLICE_BYTES = 1 << 20;

/**
 * Stores wanted extents again from the files of the work tree, where these still are what the index says. Returns those that were found.
 */
export async function takeFromWorkTree(
  { history, ports }: Repository,
  store: TensorStore,
  wanted: ReadonlySet<Digest>,
): Promise<ReadonlySet<Digest>> {
  const found = new Set<Digest>();
  if (history.workTree === undefined || wanted.size === 0) return found;
  const writer = store.writer();
  try {
    for (const entry of (await readIndex(ports.fs, join(history.gitDirectory, 'index'))).entries) {
      const manifest = await readManifestBlob({ history }, entry);
      const extents =
        manifest?.extents.filter(({ digest }) => wanted.has(digest) && !found.has(digest)) ?? [];
      const file =
        extents.length > 0 ? await openIfThere(ports.fs, join(history.workTree, entry.path)) : undefined;
      if (!file) continue;
      try {
        for (const extent of extents)
          if ((await digestIn(file, extent)) === extent.digest)
            found.add(await writer.addExtent(slicesOf(file, extent), extent.length));
      } finally {
        await file.close();
      }
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return found;
}

async function openIfThere(fs: FileSystem, path: string): Promise<OpenFile | undefined> {
  try {
    return await fs.open(path, 'read');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) return undefined;
    throw error;
  }
}

async function digestIn(file: OpenFile, extent: ManifestExtent): Promise<string> {
  const hash = createHash('sha256');
  for await (const slice of slicesOf(file, extent)) hash.update(slice);
  return hash.digest('hex');
}

/** The bytes at an extent's place, fewer where the file ends before. */
async function* slicesOf(file: OpenFile, { offset, length }: ManifestExtent): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += SLICE_BYTES) {
    const slice = new Uint8Array(Math.min(SLICE_BYTES, length - at));
    const got = await file.read(slice, offset + at);
    yield slice.subarray(0, got);
  }
}
