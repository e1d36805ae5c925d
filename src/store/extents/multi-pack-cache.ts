import { dirname } from 'node:path';
import { isMgitError, isSystemError } from '../../base/errors.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import { type MultiPackIndex, openMultiPackIndex } from '../packs/multi-pack-index.ts';
import { type MultiPackSources, writeMultiPackIndex } from '../packs/write-multi-pack-index.ts';

/** The file that spares opening every pack. It may be missing, old or damaged at any time: then the packs are asked instead. */
export interface MultiPackCache {
  /** Undefined when there is none that can be used. */
  open(): Promise<MultiPackIndex | undefined>;
  /** Replaces the file; undefined where it cannot be written. */
  replace(sources: MultiPackSources): Promise<MultiPackIndex | undefined>;
  close(): Promise<void>;
}

/** Where the cache is. Paths are absolute. */
export interface MultiPackPlace {
  readonly fs: FileSystem;
  readonly path: string;
  /** A new path on the same file system. */
  readonly temporary: () => string;
}

/** The cache at a path. */
export function multiPackCache({ fs, path, temporary }: MultiPackPlace): MultiPackCache {
  const open: OpenFile[] = []; // Those that were replaced too: a look-up may be reading them.
  const openAt = async (): Promise<MultiPackIndex | undefined> => {
    try {
      const file = await fs.open(path, 'read');
      open.push(file);
      return await openMultiPackIndex(file);
    } catch (error) {
      if (isSystemError(error, 'ENOENT') || isMgitError(error, 'MULTI_PACK_INDEX_CORRUPT')) return undefined;
      throw error;
    }
  };
  return {
    open: openAt,
    replace: async sources => {
      try {
        await writeWhole(fs, { path, temporary: temporary() }, sources);
      } catch (error) {
        if (isSystemError(error, ...UNWRITABLE)) return undefined; // Whoever may not write still may read.
        throw error;
      }
      return openAt();
    },
    close: async () => {
      for (const file of open.splice(0)) await file.close();
    },
  };
}

const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'] as const;

/** Nothing is flushed: after a crash a file of zeros is as good as none. */
async function writeWhole(
  fs: FileSystem,
  to: { readonly path: string; readonly temporary: string },
  sources: MultiPackSources,
): Promise<void> {
  await makeDurableDirectory(fs, dirname(to.temporary));
  const file = await fs.open(to.temporary, 'create');
  try {
    await writeMultiPackIndex(file, sources);
    await file.close();
    await fs.rename(to.temporary, to.path);
  } catch (error) {
    await file.close();
    await fs.removeFile(to.temporary);
    throw error;
  }
}
