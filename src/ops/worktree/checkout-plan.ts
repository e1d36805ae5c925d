import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import type { Attributes } from '../../store/worktree/attributes.ts';
import { compareFile, lstat } from '../../store/worktree/compare.ts';
import { indexEntry, parentsOf } from '../../store/worktree/index-edit.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { comparePaths } from '../../store/worktree/untracked.ts';
import type { WorkTree } from '../../store/worktree/work-tree.ts';
import { isIgnored } from './ignored.ts';

/** What a checkout does to the files, and whom it would hurt. */
export interface CheckoutPlan {
  readonly write: readonly TreeFile[];
  readonly remove: readonly string[];
  /** Paths whose local changes would be lost. */
  readonly blocked: readonly string[];
}

/** The trees that a checkout leads from and to, by path. */
export interface CheckoutTrees {
  readonly from: ReadonlyMap<string, TreeFile>;
  readonly to: ReadonlyMap<string, TreeFile>;
}

/**
 * Plans the way from one tree to another as `git switch` does: only files that differ between the trees are touched; one of those that
 * was changed in index or work tree blocks, unless it already is what the target wants. Local changes elsewhere stay.
 */
export async function planCheckout(
  workTree: WorkTree,
  trees: CheckoutTrees,
  context: { readonly index: IndexState; readonly long?: LongOperation },
): Promise<CheckoutPlan> {
  const { index } = context;
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const write: TreeFile[] = [];
  const remove: string[] = [];
  const blocked: string[] = [...new Set(context.index.unmerged.map(entry => entry.path))];
  for (const path of changedPaths(trees)) {
    const target = trees.to.get(path);
    const entry = context.index.tracked.get(path);
    if (sameFile(entry, target)) continue; // Also: gone in both. Whatever the work tree holds is a local change that stays.
    if (!sameFile(entry, trees.from.get(path))) blocked.push(path);
    else if (!(await isSafe(workTree, path, { ...context, attributes, target }))) blocked.push(path);
    else if (target !== undefined) write.push(target);
    else remove.push(path);
  }
  return { write, remove, blocked: blocked.sort(comparePaths) };
}

/** Plans the way to a tree whatever stands in index and work tree (`reset --hard`): tracked files become those of the tree. */
export async function planForcedCheckout(
  workTree: WorkTree,
  to: ReadonlyMap<string, TreeFile>,
  context: { readonly index: IndexState; readonly long?: LongOperation },
): Promise<CheckoutPlan> {
  const { index, long } = context;
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const write: TreeFile[] = [];
  for (const file of to.values()) {
    const entry = index.tracked.get(file.path);
    const isThere =
      entry !== undefined &&
      sameFile(entry, file) &&
      (await compareFile(workTree, entry, { index, attributes, ...(long ? { long } : {}) })).kind === 'same';
    if (!isThere) write.push(file);
  }
  const tracked = new Set(index.entries.map(entry => entry.path));
  return { write, remove: [...tracked].filter(path => !to.has(path)), blocked: [] };
}

function changedPaths({ from, to }: CheckoutTrees): string[] {
  const paths = new Set([...from.keys(), ...to.keys()]);
  return [...paths].filter(path => !sameFile(from.get(path), to.get(path))).sort(comparePaths);
}

type Version = Pick<TreeFile, 'id' | 'mode'>;

/** Whether two versions of a path are the same (or both absent). */
export function sameFile(left: Version | undefined, right: Version | undefined): boolean {
  return left?.id === right?.id && left?.mode === right?.mode;
}

/** Whether nothing is lost when the file at a path is replaced or removed: also when it is what the target wants, as after a crash. */
async function isSafe(
  workTree: WorkTree,
  path: string,
  context: {
    readonly index: IndexState;
    readonly attributes: Attributes;
    readonly long?: LongOperation;
    readonly target: TreeFile | undefined;
  },
): Promise<boolean> {
  const { index, target } = context;
  const entry = index.tracked.get(path);
  if (entry === undefined && (await isFree(workTree, path, index))) return true;
  const expected = entry ?? (target && indexEntry(target));
  if (expected === undefined) return false;
  const state = await compareFile(workTree, expected, context);
  if (entry === undefined) return state.kind === 'same';
  if (state.kind !== 'modified') return true;
  return target !== undefined && sameFile(target, state.content);
}

/** An untracked file is in the way, unless it is ignored; so is an untracked file where a folder must be. */
async function isFree(workTree: WorkTree, path: string, index: IndexState): Promise<boolean> {
  for (const place of [...parentsOf(path), path]) {
    const stat = await lstat(workTree, place);
    if (stat === undefined) return true;
    if (index.tracked.has(place)) return true;
    if (stat.kind === 'directory') continue;
    return isIgnored(workTree, place);
  }
  return !(await holdsUntracked(workTree, path, index));
}

async function holdsUntracked(workTree: WorkTree, folder: string, index: IndexState): Promise<boolean> {
  for (const entry of await workTree.ports.fs.readDirectory(`${workTree.root}/${folder}`)) {
    const path = `${folder}/${entry.name}`;
    if (entry.kind === 'directory') {
      if (await holdsUntracked(workTree, path, index)) return true;
    } else if (!index.tracked.has(path)) return true;
  }
  return false;
}
