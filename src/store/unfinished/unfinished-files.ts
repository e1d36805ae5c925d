import { basename, dirname, join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { Clock } from '../../base/ports/clock.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { copyFile } from './copy-file.ts';
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
    await fs.makeDirectory(directory);
    if (isFirst(fs, directory)) await removeStale(fs, directory, clock.now());
  };
  const beside = (target: string): string =>
    join(dirname(target), `.${basename(target)}.${uniqueName()}.mgit`);
  return {
    prepare,
    pathFor: async target => {
      await prepare();
      const [own, other] = [await fs.stat(directory), await fs.stat(dirname(target))];
      return own.dev === other.dev ? join(directory, uniqueName()) : beside(target);
    },
    finish: async (path, target) => {
      try {
        await fs.rename(path, target);
      } catch (error) {
        // One device, but mounted twice: a bind mount.
        if (!isSystemError(error, 'EXDEV')) throw error;
        const nearer = beside(target);
        await copyFile(fs, path, nearer);
        await fs.rename(nearer, target);
        await fs.removeFile(path);
      }
    },
  };
}

function isFirst(fs: FileSystem, directory: string): boolean {
  const directories = known.get(fs) ?? new Set();
  known.set(fs, directories);
  if (directories.has(directory)) return false;
  directories.add(directory);
  return true;
}
