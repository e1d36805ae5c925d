import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { formatIndex, parseIndex } from './index-format.ts';

/** One entry of Git's index. Stat fields are as Git stores them; all zero means "not known to be clean". */
export interface IndexEntry {
  readonly path: string;
  readonly id: ObjectId;
  readonly mode: number;
  /** 0 normally; 1 base, 2 ours, 3 theirs while a conflict is unresolved. */
  readonly stage: 0 | 1 | 2 | 3;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly ctimeSeconds: number;
  readonly ctimeNanoseconds: number;
  readonly dev: number;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly assumeValid: boolean;
  readonly skipWorktree: boolean;
  readonly intentToAdd: boolean;
}

/** Reads the index of a Git directory; where there is none, it has no entries. Errors: `INDEX_CORRUPT`, `INDEX_UNSUPPORTED`. */
export async function readIndex(fs: FileSystem, gitDirectory: string): Promise<readonly IndexEntry[]> {
  const path = join(gitDirectory, 'index');
  try {
    return parseIndex(await fs.readFile(path), path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Replaces the index of a Git directory, under its lock. Errors: `INDEX_LOCKED`, `INDEX_INVALID`. */
export async function writeIndex(
  fs: FileSystem,
  gitDirectory: string,
  entries: readonly IndexEntry[],
): Promise<void> {
  await underLock(fs, gitDirectory, async () => entries);
}

/**
 * Reads the index, lets `update` say what it becomes, and writes that, all under `index.lock`; `undefined` leaves it as it is.
 * Entries that are racy in the old index and passed on must lose their size, as the new index is younger than they are.
 * Errors: `INDEX_LOCKED`, and as {@link readIndex} and {@link writeIndex}.
 */
export async function withIndexLock(
  fs: FileSystem,
  gitDirectory: string,
  update: (entries: readonly IndexEntry[]) => Promise<readonly IndexEntry[] | undefined>,
): Promise<void> {
  await underLock(fs, gitDirectory, async () => update(await readIndex(fs, gitDirectory)));
}

async function underLock(
  fs: FileSystem,
  gitDirectory: string,
  produce: () => Promise<readonly IndexEntry[] | undefined>,
): Promise<void> {
  const path = join(gitDirectory, 'index');
  const lock = `${path}.lock`;
  const file = await openLock(fs, lock);
  try {
    const entries = await produce();
    if (entries === undefined) {
      await file.close();
      return await fs.removeFile(lock);
    }
    await file.write(formatIndex(entries), 0);
    await file.sync();
    await file.close();
    await fs.rename(lock, path);
  } catch (error) {
    await file.close();
    await fs.removeFile(lock);
    throw error;
  }
}

async function openLock(fs: FileSystem, lock: string): ReturnType<FileSystem['open']> {
  try {
    return await fs.open(lock, 'create');
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    throw new MgitError('INDEX_LOCKED', `the index is locked by another process (${lock} exists)`, {
      hint: 'wait for the other Git or mgit process; if none is running, remove the lock file',
    });
  }
}
