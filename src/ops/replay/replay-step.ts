import { MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { subjectOf } from '../history/commit.ts';
import type { Repository } from '../repository.ts';

/** What is done with commits. */
export type ReplayOperation = 'cherry-pick' | 'revert' | 'rebase';

/** The change of one commit, to be made elsewhere by a three-way merge: from `base` to `theirs`. */
export interface ReplayStep {
  readonly commit: Commit;
  /** The parent whose difference to the commit is the change; null for a root commit. */
  readonly parent: CommitId | null;
  readonly base: ObjectId;
  readonly theirs: ObjectId;
  /** What the other side is called in conflict markers, as Git calls it. */
  readonly label: string;
}

/**
 * Reads the change of a commit: from its parent to it, a revert's the other way. `mainline` counts the parents of a merge from 1. Errors:
 * `COMMIT_IS_MERGE`, `USAGE` for a parent that there is not, `OBJECT_MISSING` where a shallow clone cuts history off.
 */
export async function readStep(
  repository: Repository,
  id: CommitId,
  { operation, mainline }: { readonly operation: ReplayOperation; readonly mainline: number | null },
): Promise<ReplayStep> {
  const { history } = repository;
  const commit = await history.readCommit(id);
  const parent = parentOf(commit, mainline);
  const before = parent === null ? await history.writeTree([]) : (await history.readCommit(parent)).tree;
  const name = `${await history.abbreviate(id)} (${subjectOf(commit.message)})`;
  return operation === 'revert'
    ? { commit, parent, base: commit.tree, theirs: before, label: `parent of ${name}` }
    : { commit, parent, base: before, theirs: commit.tree, label: name };
}

function parentOf({ id, parents }: Commit, mainline: number | null): CommitId | null {
  if (mainline === null && parents.length > 1)
    throw new MgitError('COMMIT_IS_MERGE', `${id} is a merge: its change depends on the parent`, {
      hint: 'say which parent the change is seen from with -m <number>; 1 is the branch that was merged into',
    });
  const found = parents[(mainline ?? 1) - 1];
  if (found === undefined && mainline !== null)
    throw new MgitError('USAGE', `${id} has no parent ${mainline}`, {
      hint: `give -m a number from 1 to ${parents.length}`,
    });
  return found ?? null;
}
