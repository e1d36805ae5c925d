import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { type IndexState, readIndexState } from '../../store/worktree/index-session.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { planCheckout } from '../worktree/checkout-plan.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import type { FileConflict } from './file-conflict.ts';
import { mergeTrees, type TreesToMerge } from './merge-trees.ts';
import type { MergedPaths } from './merged-tree.ts';
import { type ModelReport, mergeModels } from './models.ts';
import { markConflicts } from './pause.ts';

/** The change from one tree to another, to be made in the work tree as well. */
export type WorkTreeMerge = Omit<TreesToMerge, 'ours'>;

/** What a merge did to index and work tree. */
export interface MergedWorkTree {
  /** The index before, and what is staged and written now; of conflicts, ours. */
  readonly before: ReadonlyMap<string, TreeFile>;
  readonly after: ReadonlyMap<string, TreeFile>;
  /** Left to the user: the index holds all versions, the work tree ours or, of text, both between markers. */
  readonly conflicts: readonly FileConflict[];
  readonly models: readonly ModelReport[];
}

/** Stands for a model that is not computed yet: it differs from any that there is. */
const NOT_YET = '0'.repeat(40) as ObjectId;

/**
 * Makes a change in index and work tree by a three-way merge with what is staged. Files with local changes that it would touch are refused
 * before anything is written. Errors: `CONFLICTS_UNRESOLVED`, `LOCAL_CHANGES`, `EXTENT_MISSING`, those of the methods.
 */
export async function mergeIntoWorkTree(
  repository: Repository,
  merge: WorkTreeMerge,
  long: LongOperation,
): Promise<MergedWorkTree> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  refuseUnmerged(index);
  const ours = [...index.tracked.values()]
    .filter(entry => !entry.intentToAdd)
    .map(({ path, id, mode }): TreeFile => ({ path, id, mode }));
  const merged = await mergeTrees(repository, { ...merge, ours }, long);
  const before = new Map(ours.map(file => [file.path, file]));
  await refuseLocal(repository, { merged, before, index }, long);
  const { files: computed, reports: models } = await mergeModels(repository, merged.models, long);
  const kept = merged.conflicts.flatMap(({ versions }) => before.get(versions.path) ?? []);
  const after = [...merged.files, ...computed, ...kept];
  const { history } = repository;
  const [from, to] = [await history.writeTree(ours), await history.writeTree(after)];
  await checkoutTree(repository, { ...long, from, to });
  if (merged.conflicts.length > 0) await markConflicts(repository, merged.conflicts, long);
  return {
    before,
    after: new Map(after.map(file => [file.path, file])),
    conflicts: merged.conflicts.map(({ conflict }) => conflict),
    models,
  };
}

async function refuseLocal(
  repository: Repository,
  state: {
    readonly merged: MergedPaths;
    readonly before: ReadonlyMap<string, TreeFile>;
    readonly index: IndexState;
  },
  long: LongOperation,
): Promise<void> {
  const { merged, before, index } = state;
  const pending = [...merged.models, ...merged.conflicts.map(({ versions }) => versions)];
  const later = pending.map(({ path }): TreeFile => ({ path, mode: 0o100644, id: NOT_YET }));
  const to = new Map([...merged.files, ...later].map(file => [file.path, file]));
  const { blocked } = await planCheckout(await workTreeOf(repository), { from: before, to }, { index, long });
  if (blocked.length > 0)
    throw localChanges(blocked, 'commit them, or put them away with "mgit stash" or "mgit restore"');
}

function refuseUnmerged({ unmerged }: IndexState): void {
  if (unmerged.length === 0) return;
  const paths = [...new Set(unmerged.map(entry => entry.path))];
  throw new MgitError('CONFLICTS_UNRESOLVED', `conflicts are not resolved yet: ${paths.join(', ')}`, {
    hint: 'resolve them and "mgit add" the files first',
    details: { paths },
  });
}
