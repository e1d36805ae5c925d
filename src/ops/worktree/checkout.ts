import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { Head, TreeFile } from '../../store/history/history.ts';
import { checkTreeFile } from '../../store/history/objects/tree-path.ts';
import { treeAttributes } from '../../store/worktree/attribute-sources.ts';
import type { Attributes } from '../../store/worktree/attributes.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import { changeIndex, type IndexState } from '../../store/worktree/index-session.ts';
import { indexStat, UNKNOWN_STAT } from '../../store/worktree/index-stat.ts';
import { removeTreeFiles, syncFolders, writeTreeFile } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { type CheckoutPlan, planCheckout, planForcedCheckout } from './checkout-plan.ts';
import { localChanges } from './local-changes.ts';
import { prepareModels } from './stand-ins.ts';
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
  /** Where HEAD was when `from` was read: nothing is written when it is elsewhere by now. */
  readonly head?: Head;
}

/**
 * Leads index and work tree from one tree to another and keeps local changes that the way does not touch. Nothing is written when it
 * cannot be done. Errors: `LOCAL_CHANGES`, `REF_CONFLICT`, `INDEX_LOCKED`, `EXTENT_MISSING`, `TREE_INVALID` for paths that no work tree may hold.
 */
export async function checkoutTree(
  repository: Repository,
  request: CheckoutRequest,
): Promise<CheckoutResult> {
  const workTree = await workTreeOf(repository);
  const [from, to] = await Promise.all([
    filesOfTree(repository, request.from),
    filesOfTree(repository, request.to),
  ]);
  for (const file of to.values()) checkTreeFile(file);
  return perform(repository, { ...request, files: to }, async index => {
    const plan = await planCheckout(workTree, { from, to }, { index, long: request });
    if (plan.blocked.length === 0) return plan;
    const hint = 'commit them, or put them away with "mgit restore" or "mgit reset --hard"';
    throw localChanges(plan.blocked, hint);
  });
}

/** Makes tracked files and the index those of a tree, whatever was there (`reset --hard`). Errors: `EXTENT_MISSING`. */
export async function forceCheckout(
  repository: Repository,
  tree: ObjectId,
  long: LongOperation = {},
): Promise<CheckoutResult> {
  const workTree = await workTreeOf(repository);
  const files = await filesOfTree(repository, tree);
  for (const file of files.values()) checkTreeFile(file);
  return perform(repository, { ...long, files }, index =>
    planForcedCheckout(workTree, files, { index, long }),
  );
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

interface Performance extends LongOperation, Pick<CheckoutRequest, 'head'> {
  /** All files of the target, whose attributes hold. */
  readonly files: ReadonlyMap<string, TreeFile>;
}

async function perform(
  repository: Repository,
  request: Performance,
  makePlan: (index: IndexState) => Promise<CheckoutPlan>,
): Promise<CheckoutResult> {
  const workTree = await workTreeOf(repository);
  const attributes = treeAttributes(workTree, [...request.files.values()]);
  const { write, remove } = await changeFiles(workTree, {
    plan: async index => {
      const plan = await makePlan(index);
      // Before the lock and the first write, so that what cannot be had refuses all of it.
      const standIns = await prepareModels(repository, plan.write, { attributes, long: request });
      return { ...plan, standIns };
    },
    perform: async plan => {
      if (request.head) await refuseMovedHead(repository, request.head);
      await removeTreeFiles(workTree, plan.remove);
      const { standIns } = plan;
      const set = await writeFiles(repository, plan.write, { attributes, long: request, standIns });
      return { set, remove: plan.remove };
    },
  });
  return { written: write.map(file => file.path), removed: remove };
}

async function refuseMovedHead({ history }: Repository, before: Head): Promise<void> {
  const now = await history.head();
  if (now.commit === before.commit && headName(now) === headName(before)) return;
  throw new MgitError('REF_CONFLICT', 'HEAD has moved meanwhile: another process works in this work tree', {
    hint: 'see where you are with "mgit status", then run the command again',
  });
}

function headName(head: Head): string {
  return head.kind === 'branch' ? head.ref : 'HEAD';
}

/**
 * Writes files of a tree to the work tree, durably; returns their index entries. The index itself is left to the caller. `standIns` are the models
 * that stay manifests; by default those of {@link prepareModels}. Errors: `TREE_INVALID`, `EXTENT_MISSING`.
 */
export async function writeFiles(
  repository: Repository,
  files: readonly TreeFile[],
  context: {
    readonly attributes: Attributes;
    readonly long: LongOperation;
    readonly standIns?: ReadonlySet<string>;
  },
): Promise<IndexEntry[]> {
  const workTree = await workTreeOf(repository);
  const standIns = context.standIns ?? (await prepareModels(repository, files, context));
  const entries: IndexEntry[] = [];
  for (const file of files) {
    context.long.signal?.throwIfAborted();
    const how = { ...context, asManifest: standIns.has(file.path) };
    const stat = file.mode === 0o160000 ? undefined : await writeTreeFile(workTree, file, how);
    entries.push(indexEntry({ ...file, ...(stat === undefined ? UNKNOWN_STAT : indexStat(stat)) }));
  }
  await syncFolders(
    workTree,
    files.map(file => file.path),
  );
  return entries;
}
