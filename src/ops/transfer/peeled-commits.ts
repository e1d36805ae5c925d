import { isMgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';

/** The commits that objects are or, as tags, name; other objects and those that are not here are left out. */
export async function peeledCommits(
  history: History,
  ids: readonly ObjectId[],
): Promise<readonly CommitId[]> {
  const commits = new Set<CommitId>();
  for (const id of new Set(ids)) {
    if (!(await history.hasObject(id))) continue;
    try {
      commits.add(await history.resolveCommit(id));
    } catch (error) {
      // A tag may name a tree or a file: then there is no commit to follow.
      if (!isMgitError(error, 'REVISION_UNKNOWN', 'OBJECT_MISSING')) throw error;
    }
  }
  return [...commits];
}
