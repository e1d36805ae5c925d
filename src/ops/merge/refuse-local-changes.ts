import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { treeOf } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { filesOfTree } from '../worktree/checkout.ts';
import { planCheckout } from '../worktree/checkout-plan.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { candidatesOf } from './candidate.ts';
import type { MergedPaths } from './merged-tree.ts';
import type { MergeSituation } from './situation.ts';

/** Stands for a model that is not computed yet: it differs from any that there is. */
const NOT_YET = '0'.repeat(40) as ObjectId;

/**
 * Refuses a merge, before anything is computed, that would touch files with local changes. What the same merge wrote before it was
 * interrupted is none. Errors: `LOCAL_CHANGES`.
 */
export async function refuseLocalChanges(
  repository: Repository,
  { target, revisions }: MergeSituation,
  merged: MergedPaths & LongOperation,
): Promise<void> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const from = await filesOfTree(repository, await treeOf(repository, target.tip));
  const [earlier] = await candidatesOf(repository, [target.tip, ...revisions.map(({ commit }) => commit)]);
  const before = await filesOfTree(repository, earlier?.tree ?? null);
  const pending = [...merged.models, ...merged.conflicts.map(({ versions }) => versions)];
  const placeholders = pending.map(
    ({ path }): TreeFile => before.get(path) ?? { path, mode: 0o100644, id: NOT_YET },
  );
  const to = new Map([...merged.files, ...placeholders].map(file => [file.path, file]));
  const { blocked } = await planCheckout(workTree, { from, to }, { index, long: merged });
  if (blocked.length > 0) throw localChanges(blocked, 'commit them, or put them away with "mgit restore"');
}
