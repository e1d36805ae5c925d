import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Repository } from '../repository.ts';

/** The Git directories of a repository: the common one, and that of each linked work tree. Source: gitrepository-layout(5). */
export async function gitDirectories({ ports, history }: Repository): Promise<readonly string[]> {
  const linked = join(history.commonDirectory, 'worktrees');
  const names = await entriesOf(ports.fs, linked);
  return [history.commonDirectory, ...names.map(({ name }) => join(linked, name))];
}

/** The files of a directory and of all below it, absolute; none where there is no such directory. */
export async function* filesBelow(fs: FileSystem, directory: string): AsyncGenerator<string> {
  for (const { name, kind } of await entriesOf(fs, directory)) {
    const path = join(directory, name);
    if (kind === 'directory') yield* filesBelow(fs, path);
    else if (kind === 'file') yield path;
  }
}

/** What is in a directory; nothing where there is none. */
export async function entriesOf(fs: FileSystem, directory: string): ReturnType<FileSystem['readDirectory']> {
  try {
    return await fs.readDirectory(directory);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
