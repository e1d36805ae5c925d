import { isSystemError, MgitError } from '../base/errors.ts';
import { readText } from '../store/worktree/work-tree.ts';
import type { Repository } from './repository.ts';

/**
 * Refuses a branch that another work tree of the repository shows: commits made here would pull it away from under the files there.
 * Source: gitrepository-layout(5), `worktrees/`. Errors: `BRANCH_CHECKED_OUT`.
 */
export async function refuseShownElsewhere(repository: Repository, ref: string): Promise<void> {
  const { gitDirectory, commonDirectory } = repository.history;
  const linked = (await linkedNames(repository)).map(name => `${commonDirectory}/worktrees/${name}`);
  for (const directory of [commonDirectory, ...linked]) {
    if (directory === gitDirectory) continue;
    const head = await readText(repository.ports, `${directory}/HEAD`);
    if (head?.trimEnd() !== `ref: ${ref}`) continue;
    throw new MgitError('BRANCH_CHECKED_OUT', `${ref} is checked out in another work tree (${directory})`, {
      hint: 'work there, or make another branch with "mgit switch -c <name>"',
    });
  }
}

async function linkedNames({ ports, history }: Repository): Promise<readonly string[]> {
  try {
    return (await ports.fs.readDirectory(`${history.commonDirectory}/worktrees`)).map(({ name }) => name);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
