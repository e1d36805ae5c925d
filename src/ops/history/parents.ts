import { isMgitError } from '../../base/errors.ts';
import type { Commit } from '../../store/history/history.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';

/** The parents of a commit, read. Where a shallow clone cuts history off there are none. Errors: `OBJECT_MISSING`. */
export async function parentsOf(repository: Repository, commit: Commit): Promise<readonly Commit[]> {
  try {
    return await Promise.all(commit.parents.map(id => repository.history.readCommit(id)));
  } catch (error) {
    if (isMgitError(error, 'OBJECT_MISSING') && (await isCutOff(repository, commit))) return [];
    throw error;
  }
}

async function isCutOff({ ports, history }: Repository, commit: Commit): Promise<boolean> {
  const shallow = await readText(ports, `${history.commonDirectory}/shallow`);
  return (shallow ?? '').split('\n').includes(commit.id);
}
