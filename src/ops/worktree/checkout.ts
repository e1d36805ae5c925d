import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { checkTreeFile } from '../../store/history/objects/tree-path.ts';
import { treeAttributes } from '../../store/worktree/attribute-sources.ts';
import { type Attributes, isModel } from '../../store/worktree/attributes.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import { changeIndex, editIndex, readIndexState } from '../../store/worktree/index-session.ts';
import { indexStat, UNKNOWN_STAT } from '../../store/worktree/index-stat.ts';
import { removeTreeFile, writeTreeFile } from '../../store/worktree/write-file.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { type CheckoutPlan, planCheckout, planForcedCheckout } from './checkout-plan.ts';
import { localChanges } from './local-changes.ts';
import { workTreeOf } from './work-tree.ts';

/** What a checkout did to files. */
export interface CheckoutResult {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

/** The trees of a checkout; `from` null: nothing was there before. */
export interface CheckoutRequest extends LongOperation {
  readonly from: ObjectId | null;
  readonly to: ObjectId;
}

/**
 * Leads index and work tree from one tree to another and keeps local changes that the way does not touch. Nothing is written when it
 * cannot be done. Errors: `LOCAL_CHANGES`, `EXTENT_MISSING`, `TREE_INVALID` for paths that no work tree may hold.
 */
export async function checkoutTree(
  repository: Repository,
  request: CheckoutRequest,
): Promise<CheckoutResult> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const [from, to] = await Promise.all([
    filesOfTree(repository, request.from),
    filesOfTree(repository, request.to),
  ]);
  for (const file of to.values()) checkTreeFile(file);
  const plan = await planCheckout(workTree, { from, to }, { index, long: request });
  if (plan.blocked.length > 0)
    throw localChanges(
      plan.blocked,
      'commit them, or put them away with "mgit restore" or "mgit reset --hard"',
    );
  return perform(repository, plan, { to, long: request });
}

/** Makes tracked files and the index those of a tree, whatever was there (`reset --hard`). Errors: `EXTENT_MISSING`. */
export async function forceCheckout(
  repository: Repository,
  tree: ObjectId,
  long: LongOperation = {},
): Promise<CheckoutResult> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const to = await filesOfTree(repository, tree);
  for (const file of to.values()) checkTreeFile(file);
  const plan = await planForcedCheckout(workTree, to, { index, long });
  return perform(repository, plan, { to, long });
}

/** Makes the index that of a tree and leaves the work tree (`reset --mixed`): what is known to be clean stays known. */
export async function resetIndex(repository: Repository, tree: ObjectId | undefined): Promise<void> {
  const to = await filesOfTree(repository, tree ?? null);
  await changeIndex(await workTreeOf(repository), entries => {
    const known = new Map(entries.filter(entry => entry.stage === 0).map(entry => [entry.path, entry]));
    return [...to.values()].map(file => {
      const entry = known.get(file.path);
      return entry?.id === file.id && entry.mode === file.mode ? entry : indexEntry(file);
    });
  });
}

/** The files of a tree by path; none for null. */
export async function filesOfTree(
  repository: Repository,
  tree: ObjectId | null,
): Promise<ReadonlyMap<string, TreeFile>> {
  const files = tree === null ? [] : await repository.history.listTree(tree);
  return new Map(files.map(file => [file.path, file]));
}

async function perform(
  repository: Repository,
  plan: CheckoutPlan,
  context: { readonly to: ReadonlyMap<string, TreeFile>; readonly long: LongOperation },
): Promise<CheckoutResult> {
  const workTree = await workTreeOf(repository);
  const attributes = treeAttributes(workTree, [...context.to.values()]);
  await refuseUnwritable(repository, plan.write, attributes);
  for (const path of plan.remove) await removeTreeFile(workTree, path);
  const set = await writeFiles(repository, plan.write, { attributes, long: context.long });
  await editIndex(workTree, { set, remove: plan.remove });
  return { written: plan.write.map(file => file.path), removed: plan.remove };
}

/** Writes files of a tree to the work tree; returns their index entries. The index itself is left to the caller. */
export async function writeFiles(
  repository: Repository,
  files: readonly TreeFile[],
  context: { readonly attributes: Attributes; readonly long: LongOperation },
): Promise<IndexEntry[]> {
  const workTree = await workTreeOf(repository);
  const entries: IndexEntry[] = [];
  for (const file of files) {
    context.long.signal?.throwIfAborted();
    const stat = file.mode === 0o160000 ? undefined : await writeTreeFile(workTree, file, context);
    entries.push(indexEntry({ ...file, ...(stat === undefined ? UNKNOWN_STAT : indexStat(stat)) }));
  }
  return entries;
}

/**
 * Refuses before the first write what cannot be written: paths that no work tree may hold, models whose bytes are not here.
 * Errors: `TREE_INVALID`, `EXTENT_MISSING`.
 */
export async function refuseUnwritable(
  repository: Repository,
  files: readonly TreeFile[],
  attributes: Attributes,
): Promise<void> {
  for (const file of files) {
    checkTreeFile(file);
    if (!isModel(await attributes.of(file.path))) continue;
    const manifest = await readManifestBlob(repository, file);
    if (manifest === undefined) continue;
    const missing = await repository.store.missing(manifest.extents.map(extent => extent.digest));
    if (missing.length > 0) throw extentsMissing(file.path, missing);
  }
}

function extentsMissing(path: string, missing: readonly Digest[]): MgitError {
  return new MgitError('EXTENT_MISSING', `${path}: parts of the model are not in this repository yet`, {
    hint: 'get them with "mgit fetch"',
    details: { path, missing },
  });
}
