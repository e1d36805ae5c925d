import { join } from 'node:path';
import { type IndexEntry, readIndex } from '../../store/worktree/index-file.ts';
import type { Repository } from '../repository.ts';
import { gitDirectories } from './git-directories.ts';

/**
 * The files that the indexes of a repository and of its linked work trees name: what is staged may be in no commit yet. Without those that
 * are only announced (`git add -N`), which have no content. Errors: those of `readIndex`.
 */
export async function stagedFiles(repository: Repository): Promise<readonly IndexEntry[]> {
  const staged: IndexEntry[] = [];
  for (const directory of await gitDirectories(repository))
    for (const entry of (await readIndex(repository.ports.fs, join(directory, 'index'))).entries)
      if ((entry.mode & 0o170000) === 0o100000 && !entry.intentToAdd) staged.push(entry);
  return staged;
}
