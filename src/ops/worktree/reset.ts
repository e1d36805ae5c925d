import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit, Head } from '../../store/history/history.ts';
import { refuseProtected } from '../gate/protection.ts';
import { subjectOf } from '../history/commit.ts';
import { recordOperation } from '../history/operations.ts';
import { forgetInProgress, refuseUnconcluded } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { forceCheckout, resetIndex } from './checkout.ts';

/** How much of the repository follows the branch: nothing, the index, or index and work tree. */
export type ResetMode = 'soft' | 'mixed' | 'hard';

/** Moves the current branch to a revision; a merge, cherry-pick or revert in progress ends, unless `soft` is refused for it. Errors: `MERGE_IN_PROGRESS`, `REPLAY_IN_PROGRESS`, `REVISION_UNKNOWN`, `BRANCH_PROTECTED`, `EXTENT_MISSING`, `REF_CONFLICT`. */
export async function resetTo(
  repository: Repository,
  revision: string,
  options: LongOperation & { readonly mode: ResetMode },
): Promise<Commit> {
  const { history } = repository;
  if (options.mode === 'soft') await refuseUnconcluded(repository);
  const head = await history.head();
  const commit = await history.readCommit(await history.resolveCommit(revision));
  const moves = head.commit !== commit.id;
  if (moves && head.kind === 'branch') await refuseProtected(repository, head.ref, head.commit);
  const files = options.mode === 'hard' ? 'moved' : 'kept';
  const command = `reset --${options.mode} ${revision} (${subjectOf(commit.message)})`;
  await recordOperation(repository, { command, files }, async recorded => {
    if (options.mode === 'hard') await forceCheckout(repository, commit.tree, options);
    if (options.mode === 'mixed') await resetIndex(repository, commit.tree);
    if (options.mode !== 'soft') await forgetInProgress(repository);
    if (moves) await moveHead(recorded, head, { commit: commit.id, reason: `reset: moving to ${revision}` });
  });
  return commit;
}

/** On a branch without commits: takes everything out of the index again. */
export async function unstageAll(repository: Repository): Promise<void> {
  await resetIndex(repository, undefined);
}

/** Moves the current branch, or a detached HEAD, by compare-and-swap. */
export async function moveHead(
  repository: Repository,
  head: Head,
  move: { readonly commit: CommitId; readonly reason: string },
): Promise<void> {
  const ref = head.kind === 'branch' ? head.ref : 'HEAD';
  const update = { ref, target: move.commit, expected: head.commit ?? null };
  await repository.history.updateRefs([update], move.reason);
}

/** Refuses a mode that only makes sense without paths. Errors: `USAGE`. */
export function refuseMode(mode: ResetMode): void {
  if (mode === 'mixed') return;
  throw new MgitError('USAGE', `--${mode} moves a whole branch and takes no paths`, {
    hint: 'use "mgit restore" for single files',
  });
}
