import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { compileRules } from '../../merge/rules.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import type { Attributes } from '../../store/worktree/attributes.ts';
import { compareFile, lstat } from '../../store/worktree/compare.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import { editIndex, readIndexState } from '../../store/worktree/index-session.ts';
import { type AppliedFile, recordStash } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import { type MergedWorkTree, mergeIntoWorkTree } from '../merge/merge-into-work-tree.ts';
import { mergeTrees } from '../merge/merge-trees.ts';
import { projectNames } from '../project/names.ts';
import type { Repository } from '../repository.ts';
import { writeFiles } from '../worktree/checkout.ts';
import { sameFile } from '../worktree/checkout-plan.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { prepareModels } from '../worktree/stand-ins.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { appliedFiles } from './applied-files.ts';
import { dropStash, readStash, type Stash, type StashEntry } from './stash-entry.ts';
import { differingPaths } from './take-up.ts';

/** How a stash is brought back. */
export interface StashApplyOptions extends LongOperation {
  /** Stage again what was staged. */
  readonly index?: boolean;
  /** Take the stash off the list when everything is back (`stash pop`). */
  readonly drop?: boolean;
}

/** What came of it: with conflicts the stash stays on its list. */
export interface StashApplied {
  readonly entry: StashEntry;
  readonly conflicts: readonly FileConflict[];
  /** What was changed, untracked files included. */
  readonly files: readonly AppliedFile[];
  readonly dropped: boolean;
}

/**
 * Brings a stash back by a three-way merge with what is staged, as `git stash apply` does. A tensor that was changed here, too, is a
 * conflict of its model: nothing is averaged. Errors: `LOCAL_CHANGES` before anything is written, `CONFLICTS_UNRESOLVED`, `MERGE_IN_PROGRESS`,
 * `STASH_INDEX_CONFLICT`, `EXTENT_MISSING`.
 */
export async function applyStash(
  repository: Repository,
  entry: StashEntry,
  options: StashApplyOptions,
): Promise<StashApplied> {
  const applied = await bringBackStash(repository, entry, options);
  if (applied.conflicts.length === 0) await record(repository, applied);
  return applied;
}

/** The same, for `undo`: it is recorded by whoever calls this. */
export async function bringBackStash(
  repository: Repository,
  entry: StashEntry,
  options: StashApplyOptions,
): Promise<StashApplied> {
  await refuseUnconcluded(repository);
  const stash = await readStash(repository, entry.commit);
  const untracked = await untrackedFiles(repository, stash, options);
  const staged = options.index ? await stagedAgain(repository, stash, options) : undefined;
  const names = await projectNames(repository);
  const merge = { base: stash.base.tree, theirs: stash.commit.tree, names, ...EXACTLY };
  const merged = await mergeIntoWorkTree(repository, merge, options);
  if (merged.conflicts.length === 0) await unstage(repository, merged, staged);
  await writeFiles(repository, untracked, { attributes: await attributesOf(repository), long: options });
  const dropped = options.drop === true && merged.conflicts.length === 0;
  if (dropped) await dropStash(repository, entry);
  return { entry, conflicts: merged.conflicts, files: appliedFiles(merged, untracked), dropped };
}

const EXACTLY = {
  labels: ['Updated upstream', 'Stashed changes'],
  decide: compileRules({}, 2),
  exact: true,
} as const;

/** What `undo` needs; a stash that left conflicts is finished, or given up, by hand. */
async function record(repository: Repository, { entry, files, dropped }: StashApplied): Promise<void> {
  const { commit, message } = entry;
  const command = `stash ${dropped ? 'pop' : 'apply'}: ${message}`;
  const drop = dropped ? { dropped: { commit, message } } : {};
  await recordStash(repository, { command, stash: { applied: files, ...drop } });
}

async function attributesOf(repository: Repository): Promise<Attributes> {
  const workTree = await workTreeOf(repository);
  const { tracked } = await readIndexState(workTree);
  return workTreeAttributes(workTree, path => tracked.get(path)?.id);
}

/** Untracked files come back only where nothing else stands. */
async function untrackedFiles(
  repository: Repository,
  { untracked }: Stash,
  long: LongOperation,
): Promise<readonly TreeFile[]> {
  if (untracked === undefined) return [];
  const workTree = await workTreeOf(repository);
  const files = await repository.history.listTree(untracked.tree);
  const attributes = await attributesOf(repository);
  const index = await readIndexState(workTree);
  const blocked: string[] = [];
  for (const file of files) {
    if ((await lstat(workTree, file.path)) === undefined) continue;
    const state = await compareFile(workTree, indexEntry(file), { index, attributes });
    if (state.kind !== 'same') blocked.push(file.path);
  }
  if (blocked.length > 0) throw localChanges(blocked, 'move these files away, then try again');
  await prepareModels(repository, files, { attributes, long });
  return files;
}

/** The index with what the stash had staged. Errors: `STASH_INDEX_CONFLICT`. */
async function stagedAgain(
  repository: Repository,
  stash: Stash,
  long: LongOperation,
): Promise<ReadonlyMap<string, TreeFile>> {
  const { tracked } = await readIndexState(await workTreeOf(repository));
  const ours = [...tracked.values()].filter(entry => !entry.intentToAdd);
  const names = await projectNames(repository);
  const trees = { base: stash.base.tree, ours, theirs: stash.index.tree, names, ...EXACTLY };
  const merged = await mergeTrees(repository, trees, long);
  const open = [...merged.models, ...merged.conflicts.map(({ versions }) => versions)];
  if (open.length > 0)
    throw new MgitError(
      'STASH_INDEX_CONFLICT',
      `what was staged conflicts with the index: ${open.map(({ path }) => path).join(', ')}`,
      { hint: 'try again without --index' },
    );
  return new Map(merged.files.map(({ path, id, mode }) => [path, { path, id, mode }]));
}

/** The merge staged everything: only new files, and what was staged when the stash was made, stay so. */
async function unstage(
  repository: Repository,
  { before, after }: MergedWorkTree,
  staged: ReadonlyMap<string, TreeFile> | undefined,
): Promise<void> {
  const paths = differingPaths(before, after).filter(path => staged !== undefined || before.has(path));
  const wanted = staged ?? before;
  const differing = paths.filter(path => !sameFile(wanted.get(path), after.get(path)));
  await editIndex(await workTreeOf(repository), {
    set: differing.flatMap(path => wanted.get(path) ?? []).map(file => indexEntry(file)),
    remove: differing.filter(path => !wanted.has(path)),
  });
}
