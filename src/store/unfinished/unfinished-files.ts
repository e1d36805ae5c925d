import { basename, dirname, join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { Clock } from '../../base/ports/clock.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import { copyFile } from './copy-file.ts';
import { orRemove } from './or-remove.ts';
import { removeStale } from './remove-stale.ts';

/** Files that wait for their names, in mgit's own directory: a crash leaves nothing among the user's files. */
export interface UnfinishedFiles {
  /** Makes mgit's own directory, and removes what crashed programs left there more than a day ago, once. */
  prepare(): Promise<void>;
  /**
   * A new path for a file that will take the place of `target` (absolute; its directory must exist): in mgit's own directory,
   * or beside the target where that is on another file system.
   */
  pathFor(target: string): Promise<string>;
  /** Lets a file take the place of `target`. */
  finish(path: string, target: string): Promise<void>;
  /** Lets what `make` makes at a new path take the place of `target`. When that fails, nothing of it is left. */
  replace(target: string, make: (path: string) => Promise<void>): Promise<void>;
  /** Replaces `target` by a file of these bytes, which are on disk before it has its name. */
  write(target: string, bytes: Uint8Array, permissions?: number): Promise<void>;
}

/** What {@link unfinishedFiles} needs of the world. */
export interface UnfinishedPorts {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
}

const known = new WeakMap<FileSystem, Set<string>>();

/** The unfinished files in `directory` (absolute: `<common git dir>/mgit/tmp`), which need not exist yet. */
export function unfinishedFiles(
  { fs, clock, randomBytes }: UnfinishedPorts,
  directory: string,
): UnfinishedFiles {
  const uniqueName = (): string => Buffer.from(randomBytes(8)).toString('hex');
  const prepare = async (): Promise<void> => {
    await makeDurableDirectory(fs, directory);
    if (isFirst(fs, directory)) await removeStale(fs, directory, clock.now());
  };
  const beside = (target: string): string =>
    join(dirname(target), `.${basename(target)}.${uniqueName()}.mgit`);
  const pathFor = async (target: string): Promise<string> => {
    await prepare();
    const [own, other] = [await fs.stat(directory), await fs.stat(dirname(target))];
    return own.dev === other.dev ? join(directory, uniqueName()) : beside(target);
  };
  const finish = async (path: string, target: string): Promise<void> => {
    try {
      await fs.rename(path, target);
    } catch (error) {
      // One device, but mounted twice: a bind mount.
      if (!isSystemError(error, 'EXDEV')) throw error;
      await copyOver(fs, { from: path, near: beside(target), target });
    }
  };
  const replace = async (target: string, make: (path: string) => Promise<void>): Promise<void> => {
    const path = await pathFor(target);
    await orRemove(fs, path, async () => {
      await make(path);
      await finish(path, target);
    });
  };
  return {
    prepare,
    pathFor,
    finish,
    replace,
    write: (target, bytes, permissions) =>
      replace(target, async path => {
        const file = await fs.open(path, 'create', permissions);
        try {
          await file.write(bytes, 0);
          await file.sync();
        } finally {
          await file.close();
        }
      }),
  };
}

async function copyOver(
  fs: FileSystem,
  { from, near, target }: { readonly from: string; readonly near: string; readonly target: string },
): Promise<void> {
  await orRemove(fs, near, async () => {
    await copyFile(fs, from, near);
    await fs.rename(near, target);
  });
  await fs.removeFile(from);
}

function isFirst(fs: FileSystem, directory: string): boolean {
  const directories = known.get(fs) ?? new Set();
  known.set(fs, directories);
  if (directories.has(directory)) return false;
  directories.add(directory);
  return true;
}
