import { join } from 'node:path';
import { isSystemError } from '../base/errors.ts';
import { type PackId, parsePackId } from '../base/ids.ts';
import { writeCacheFile } from './cache-file.ts';
import type { LocalSide } from './local-side.ts';

/**
 * Local packs that hold nothing but a remote's records: a file of no bytes under `fetched/` for each, whose time says when the pack was
 * fetched last. A pack without one may hold what exists nowhere else.
 */
export async function markFetched(local: LocalSide, id: PackId): Promise<void> {
  await writeCacheFile(local.ports, join(local.mgitDirectory, 'fetched', id), new Uint8Array());
}

/** A pack that came from a remote, and when (nanoseconds since the epoch). */
export interface FetchedPack {
  readonly id: PackId;
  readonly fetchedNs: bigint;
}

/** The packs that are marked; they need not be here any more. */
export async function fetchedPacks({ ports, mgitDirectory }: LocalSide): Promise<readonly FetchedPack[]> {
  const directory = join(mgitDirectory, 'fetched');
  const packs: FetchedPack[] = [];
  try {
    for (const { name } of await ports.fs.readDirectory(directory)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const { mtimeNs } = await ports.fs.stat(join(directory, name));
      packs.push({ id: parsePackId(name), fetchedNs: mtimeNs });
    }
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  return packs;
}

/** Forgets a pack that is gone. */
export async function forgetFetched({ ports, mgitDirectory }: LocalSide, id: PackId): Promise<void> {
  try {
    await ports.fs.removeFile(join(mgitDirectory, 'fetched', id));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
