import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import type { History } from '../history/history.ts';
import type { IndexEntry } from './index-file.ts';
import { parseIndex } from './read-index.ts';
import { formatIndex } from './write-index.ts';

/** The entries of a repository's index, sorted; none without an index. Errors: `INDEX_CORRUPT`, `INDEX_UNSUPPORTED`. */
export async function readIndex(fs: FileSystem, history: History): Promise<readonly IndexEntry[]> {
  try {
    return parseIndex(await fs.readFile(`${history.gitDirectory}/index`), idBytesOf(history));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/**
 * Replaces the index under Git's own lock, `index.lock`: written, made durable, renamed. Keep `change` short: Git waits for
 * nobody. Errors: `INDEX_LOCKED`, `INDEX_CORRUPT`, `INDEX_UNSUPPORTED`.
 */
export async function withIndexLock(
  fs: FileSystem,
  history: History,
  change: (entries: readonly IndexEntry[]) => readonly IndexEntry[],
): Promise<void> {
  const path = `${history.gitDirectory}/index`;
  const file = await takeLock(fs, `${path}.lock`);
  try {
    const bytes = formatIndex(change(await readIndex(fs, history)), idBytesOf(history));
    await file.write(bytes, 0);
    await file.sync();
    await file.close();
    await fs.rename(`${path}.lock`, path);
  } catch (error) {
    await file.close().catch(() => {}); // Closed already when the rename failed.
    await fs.removeFile(`${path}.lock`);
    throw error;
  }
  await fs.syncDirectory(history.gitDirectory);
}

async function takeLock(fs: FileSystem, path: string): Promise<OpenFile> {
  try {
    return await fs.open(path, 'create');
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    throw new MgitError('INDEX_LOCKED', `another program holds the index: ${path} exists`, {
      hint: 'wait for it; if none is running, remove that file',
    });
  }
}

function idBytesOf(history: History): 20 | 32 {
  return history.hashBlob(new Uint8Array()).length === 40 ? 20 : 32;
}
