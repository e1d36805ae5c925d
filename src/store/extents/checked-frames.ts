import { dirname, join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import { decodeFrameChecksums, encodeFrameChecksums, type FrameChecksums } from '../packs/frame-checksums.ts';
import type { OpenPack } from '../packs/open-pack.ts';

/** Smaller files are hashed sooner than their checksums are read. */
export const BYTES_WORTH_CHECKSUMS = 32 * 1024 * 1024;

/**
 * What is known of the frames that extents with the right digest were read from or written to. A checksum finds what a disk does to bytes at a
 * small part of the cost of their digest; it does not find what somebody does on purpose, which takes the rights to change the repository anyway.
 */
export interface CheckedFrames {
  /** The checksum of a frame, by its place in the pack's frame table; undefined where it is not known. */
  checksumOf(pack: OpenPack, frame: number): Promise<bigint | undefined>;
  note(pack: OpenPack, frame: number, checksum: bigint): Promise<void>;
  /** Writes what was noted. Where that cannot be, nothing is lost but time. */
  save(): Promise<void>;
}

/** Where checksums are kept. Paths are absolute. */
export interface CheckedFramesPlace {
  readonly fs: FileSystem;
  /** mgit's own directory. */
  readonly directory: string;
  /** A new path on the same file system. */
  readonly temporary: () => string;
}

/** The file of a pack's checksums in mgit's own directory. */
export function checksumsPath(directory: string, id: PackId): string {
  return join(directory, 'checked', id);
}

/** The checksums of a store. */
export function checkedFrames({ fs, directory, temporary }: CheckedFramesPlace): CheckedFrames {
  const known = new Map<PackId, Promise<FrameChecksums>>();
  const changed = new Set<PackId>();
  const load = async ({ id, index }: OpenPack): Promise<FrameChecksums> => {
    const file = await readIfThere(fs, checksumsPath(directory, id));
    return (file && decodeFrameChecksums(file, index.frameCount)) ?? new BigUint64Array(index.frameCount);
  };
  const of = (pack: OpenPack): Promise<FrameChecksums> => {
    const checksums = known.get(pack.id) ?? load(pack);
    known.set(pack.id, checksums);
    return checksums;
  };
  return {
    checksumOf: async (pack, frame) => (await of(pack))[frame] || undefined,
    note: async (pack, frame, checksum) => {
      const checksums = await of(pack);
      if (checksums[frame] === checksum) return;
      checksums[frame] = checksum;
      changed.add(pack.id);
    },
    save: async () => {
      for (const id of changed) {
        const checksums = await known.get(id);
        if (checksums)
          await replace(fs, { path: checksumsPath(directory, id), temporary: temporary() }, checksums);
      }
      changed.clear();
    },
  };
}

async function readIfThere(fs: FileSystem, path: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.readFile(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'] as const;

/** Nothing is flushed: after a crash, a file of other bytes is as good as none. */
async function replace(
  fs: FileSystem,
  { path, temporary }: { readonly path: string; readonly temporary: string },
  checksums: FrameChecksums,
): Promise<void> {
  try {
    for (const file of [path, temporary]) await makeDurableDirectory(fs, dirname(file));
    const file = await fs.open(temporary, 'create');
    try {
      await file.write(encodeFrameChecksums(checksums), 0);
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (error) {
    if (!isSystemError(error, ...UNWRITABLE)) throw error;
  }
}
