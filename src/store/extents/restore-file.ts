import { basename, dirname, join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { type ReadContext, readExtent } from './read-extent.ts';
import { verified } from './verified.ts';

/** What restoring needs besides the manifest. */
export interface RestoreContext {
  readonly fs: FileSystem;
  readonly read: ReadContext;
  readonly uniqueName: () => string;
}

/**
 * Writes a model file: into a temporary file beside it, verified, made durable, then renamed. Errors: those of reading; the
 * file at `path` is as before then.
 */
export async function restoreFile(
  { manifest, path }: { readonly manifest: Manifest; readonly path: string },
  { fs, read, uniqueName }: RestoreContext,
  options: LongOperation,
): Promise<void> {
  const folder = dirname(path);
  await fs.makeDirectory(folder);
  const temporary = join(folder, `.${basename(path)}.${uniqueName()}.mgit`);
  const file = await fs.open(temporary, 'create');
  try {
    await writeExtents(file, manifest, { read, options });
    await file.sync();
    await file.close();
    await fs.rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => {}); // Closed already when the rename failed.
    await fs.removeFile(temporary);
    throw error;
  }
  await fs.syncDirectory(folder);
}

async function writeExtents(
  file: OpenFile,
  manifest: Manifest,
  { read, options }: { readonly read: ReadContext; readonly options: LongOperation },
): Promise<void> {
  for (const extent of manifest.extents) {
    let position = extent.offset;
    for await (const slice of verified(
      extent.digest,
      readExtent(extent.digest, undefined, read),
      read.engine,
    )) {
      await file.write(slice, position);
      position += slice.length;
      options.onEvent?.({
        type: 'progress',
        phase: 'restore',
        done: position,
        total: manifest.size,
        unit: 'bytes',
      });
    }
  }
}
