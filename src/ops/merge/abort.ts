import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { treeAttributes } from '../../store/worktree/attribute-sources.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { filesOfTree, writeFiles } from '../worktree/checkout.ts';
import { sameFile } from '../worktree/checkout-plan.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { candidateRef, candidatesOf } from './candidate.ts';
import { GIT_MERGE_HINT } from './in-progress.ts';
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
  const workTree = await workTreeOf(repository);
  const { tree } = await repository.history.readCommit(state.tip);
  const tip = await filesOfTree(repository, tree);
  const attributes = treeAttributes(workTree, [...tip.values()]);
  await changeFiles(workTree, {
    plan: async index => touchedPaths(index, tip),
    perform: async changed => {
      const remove = changed.filter(path => !tip.has(path));
      const write = changed.flatMap(path => tip.get(path) ?? []);
      await removeTreeFiles(workTree, remove);
      return { set: await writeFiles(repository, write, { attributes, long }), remove };
    },
  });
  await forgetCandidates(repository, state);
  await clearMergeState(repository);
  return state;
}

function touchedPaths(index: IndexState, tip: ReadonlyMap<string, TreeFile>): readonly string[] {
  const paths = new Set([...index.entries.map(entry => entry.path), ...tip.keys()]);
  return [...paths].filter(path => !sameFile(index.tracked.get(path), tip.get(path)));
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
