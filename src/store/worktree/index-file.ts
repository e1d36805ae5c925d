import { dirname, join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { formatIndex, parseIndex } from './index-format.ts';
import { isRacyInSeconds } from './index-stat.ts';

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

/** Git's index as it was read. */
export interface GitIndex {
  readonly entries: readonly IndexEntry[];
  /** When the file was written; an entry as young as this is racy (`isRacy`). Zero when there is no file. */
  readonly mtimeNs: bigint;
}

/** Reads an index; a file that does not exist has no entries. Errors: `INDEX_CORRUPT`, `INDEX_UNSUPPORTED`. */
export async function readIndex(fs: FileSystem, path: string): Promise<GitIndex> {
  try {
    // The time first: an index replaced in between then counts as older than it is, which only costs time.
    const { mtimeNs } = await fs.stat(path);
    return { entries: parseIndex(await fs.readFile(path), path), mtimeNs };
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return { entries: [], mtimeNs: 0n };
    throw error;
  }
}

/** Replaces an index, under its lock. Errors: `INDEX_LOCKED`, `INDEX_INVALID`. */
export async function writeIndex(
  fs: FileSystem,
  path: string,
  entries: readonly IndexEntry[],
): Promise<void> {
  await underLock(fs, path, async () => entries);
}

/**
 * Reads the index of a Git directory, lets `update` say what it becomes, and writes that, all under `index.lock`; `undefined` leaves it
 * as it is. Entries passed on as the same objects and racy in the old index lose their size, so that Git and mgit look at their
 * content again. Errors: `INDEX_LOCKED`, and as {@link readIndex} and {@link writeIndex}.
 */
export async function withIndexLock(
  fs: FileSystem,
  gitDirectory: string,
  update: (index: GitIndex) => Promise<readonly IndexEntry[] | undefined>,
): Promise<void> {
  const path = join(gitDirectory, 'index');
  await underLock(fs, path, async () => {
    const index = await readIndex(fs, path);
    const kept = new Set(index.entries);
    const entries = await update(index);
    return entries?.map(entry =>
      kept.has(entry) && isRacyInSeconds(entry, index) ? { ...entry, size: 0 } : entry,
    );
  });
}

async function underLock(
  fs: FileSystem,
  path: string,
  produce: () => Promise<readonly IndexEntry[] | undefined>,
): Promise<void> {
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
  await fs.syncDirectory(dirname(path));
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
