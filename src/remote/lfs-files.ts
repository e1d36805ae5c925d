import { join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import type { Digest } from '../base/ids.ts';
import type { FileSystem } from '../base/ports/file-system.ts';
import type { History } from '../store/history/history.ts';
import type { PackRange } from './backends/backend.ts';
import { fileSlices } from './backends/file-stream.ts';
import { lfsObjects } from './backends/lfs/objects.ts';
import type { LfsObjectId } from './backends/lfs/protocol.ts';
import { FILE_WORDING } from './backends/wording.ts';
import type { LocalSide } from './local-side.ts';
import { gitDirectoryOf, lfsPlace } from './open-backend.ts';
import type { Remote } from './remote.ts';

/** Files that git-lfs keeps somewhere, by digest. */
export interface LfsFiles {
  /** For messages. */
  readonly location: string;
  has(objects: readonly LfsObjectId[], options?: LongOperation): Promise<readonly LfsObjectId[]>;
  /** Bytes in order, whole or a range. Errors: `LFS_OBJECT_MISSING`, those of the transport. */
  load(object: LfsObjectId, range?: PackRange, options?: LongOperation): AsyncIterable<Uint8Array>;
}

/** Opens the Git LFS store of a remote. `proposed` is the address that `.lfsconfig` names. Errors: `REMOTE_NOT_FOUND`, `REMOTE_URL_UNSUPPORTED`. */
export async function openLfsFiles(
  local: Pick<LocalSide, 'ports' | 'history'>,
  remote: Remote,
  proposed?: string,
): Promise<LfsFiles> {
  const place = await lfsPlace(local, remote, 'fetch', proposed);
  if (!('path' in place)) return { location: place.location, ...lfsObjects(place, FILE_WORDING) };
  const { fs } = local.ports;
  return lfsDirectory(fs, join(await gitDirectoryOf(fs, place.path), 'lfs'));
}

/** The store of a repository itself (`lfs.storage`, else `lfs` in the Git directory). Source: git-lfs-config(5). */
export async function localLfsDirectory(history: History): Promise<string> {
  const { commonDirectory } = history;
  return resolve(commonDirectory, (await history.config('lfs.storage')) ?? 'lfs');
}

/** Where git-lfs keeps an object. */
export function lfsObjectPath(directory: string, oid: Digest): string {
  return join(directory, 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
}

/** A store of git-lfs on this machine. */
export function lfsDirectory(fs: FileSystem, directory: string): LfsFiles {
  return {
    location: directory,
    has: async objects => {
      const found: LfsObjectId[] = [];
      for (const object of objects)
        if ((await sizeOf(fs, lfsObjectPath(directory, object.oid))) === object.size) found.push(object);
      return found;
    },
    load: async function* (object, range) {
      const path = lfsObjectPath(directory, object.oid);
      if ((await sizeOf(fs, path)) !== object.size)
        throw new MgitError(FILE_WORDING.absent.code, `${FILE_WORDING.name(object)} is not in ${directory}`, {
          hint: FILE_WORDING.absent.hint,
        });
      yield* fileSlices(fs, path, range);
    },
  };
}

async function sizeOf(fs: FileSystem, path: string): Promise<number | undefined> {
  try {
    return (await fs.stat(path)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
