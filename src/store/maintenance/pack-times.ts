import { isSystemError } from '../../base/errors.ts';
import type { PackId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { LocalPacks } from '../extents/local-packs.ts';

/** When each pack was last written or relied on, in nanoseconds since the epoch. */
export type PackTimes = ReadonlyMap<PackId, bigint>;

/** The times of all packs as they are now. */
export async function readPackTimes(fs: FileSystem, local: LocalPacks): Promise<PackTimes> {
  const times = new Map<PackId, bigint>();
  for (const id of await local.list()) {
    const time = await timeOfPack(fs, local.path(id));
    if (time !== undefined) times.set(id, time);
  }
  return times;
}

/** The time of a pack's file; undefined when it is gone. */
export async function timeOfPack(fs: FileSystem, path: string): Promise<bigint | undefined> {
  try {
    return (await fs.stat(path)).mtimeNs;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
