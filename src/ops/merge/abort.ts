import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { GIT_MERGE_HINT } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { restoreTree } from '../worktree/restore-tree.ts';
import { candidateRef, candidatesOf } from './candidate.ts';
import { clearMergeState, gitMergeHeads, type MergeState, readMergeState } from './merge-state.ts';

/** The waiting merge. Errors: `MERGE_NONE`. */
export async function requireMergeState(repository: Repository): Promise<MergeState> {
  const state = await readMergeState(repository);
  if (state !== undefined) return state;
  if ((await gitMergeHeads(repository)).length > 0)
    throw new MgitError('MERGE_NONE', 'the merge in progress was begun by plain git', {
      hint: GIT_MERGE_HINT,
    });
  throw new MgitError('MERGE_NONE', 'no merge waits to be finished', {
    hint: 'begin one with "mgit merge <revision>"',
  });
}

/**
 * Gives up a waiting merge: files and index entries that it touched become those of the tip again; local changes elsewhere stay.
 * Errors: `MERGE_NONE`, `MERGE_TARGET_MOVED`, `EXTENT_MISSING`.
 */
export async function abortMerge(repository: Repository, long: LongOperation = {}): Promise<MergeState> {
  const state = await requireMergeState(repository);
  if ((await repository.history.head()).commit !== state.tip)
    throw new MgitError('MERGE_TARGET_MOVED', 'the branch is not where the merge began', {
      hint: 'give the merge up with "git merge --abort"',
    });
  const { tree } = await repository.history.readCommit(state.tip);
  await restoreTree(repository, { ...long, tree });
  await forgetCandidates(repository, state);
  await clearMergeState(repository);
  return state;
}

/** Candidates of the same merge that a gate has held back. */
async function forgetCandidates(repository: Repository, state: MergeState): Promise<void> {
  const parents = [state.tip, ...state.revisions.map(({ commit }) => commit)];
  const own = (await candidatesOf(repository, parents)).map(({ id }) => ({
    ref: candidateRef(id),
    target: null,
    expected: id,
  }));
  if (own.length > 0) await repository.history.updateRefs(own, 'merge: given up');
}
