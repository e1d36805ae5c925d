import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit, Head } from '../../store/history/history.ts';
import type { PatchChange } from '../../store/patches/patch-header.ts';
import { type Patch, readPatch } from '../../store/patches/read-patch.ts';
import { refuseProtected } from '../gate/protection.ts';
import { subjectOf } from '../history/commit.ts';
import { recordOperation } from '../history/operations.ts';
import { refuseDuringAnyMerge } from '../merge/in-progress.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { moveHead } from '../worktree/reset.ts';
import { baseDifferences, baseDiffers } from './check-base.ts';
import { applyChanges, joinChanges } from './patch-changes.ts';
import { receivePatch } from './receive.ts';

/** A commit of a patch, and what it became here: the same commit where what it continues is the same. */
export interface AppliedCommit {
  readonly from: CommitId;
  readonly commit: CommitId;
  readonly subject: string;
}

/** What a patch did to the current branch. */
export interface PatchApplied {
  readonly old: CommitId;
  readonly new: CommitId;
  readonly commits: readonly AppliedCommit[];
  /** Paths that were written or removed. */
  readonly files: number;
}

/**
 * Puts the commits of a patch file on top of the current branch; index and work tree follow. Nothing moves unless the files that it
 * changes are as its base had them. Errors: `PATCH_BASE_DIFFERS`, `PATCH_BASE_MISSING`, `PATCH_CORRUPT`, `PACK_CORRUPT`,
 * `EXTENT_CORRUPT`, `LOCAL_CHANGES`, `BRANCH_PROTECTED`, `MERGE_IN_PROGRESS`.
 */
export async function applyPatch(
  repository: Repository,
  { path, ...long }: LongOperation & { readonly path: string },
): Promise<PatchApplied> {
  await refuseDuringAnyMerge(repository);
  const patch = await readPatch(repository.ports.fs, path);
  const changes = joinChanges(patch.header.commits.map(commit => commit.changes));
  const { head, tip } = await currentTip(repository, changes);
  const differences = await baseDifferences(repository, tip.tree, { patch, changes });
  if (differences.length > 0) throw baseDiffers(differences);
  await receivePatch(repository, patch, { ...long, path });
  const commits = await replay(repository, patch, tip);
  const last = commits.at(-1)?.commit ?? tip.id;
  const to = (await repository.history.readCommit(last)).tree;
  const command = `patch apply (${commits.length} commits)`;
  return recordOperation(repository, { command, files: 'moved' }, async recorded => {
    const { written, removed } = await checkoutTree(repository, { ...long, from: tip.tree, to, head });
    await moveHead(recorded, head, { commit: last, reason: `patch: ${commits.at(-1)?.subject}` });
    return { old: tip.id, new: last, commits, files: written.length + removed.length };
  });
}

/** Where the patch goes. A branch without commits is no base of any. Errors: `PATCH_BASE_DIFFERS`, `BRANCH_PROTECTED`. */
export async function currentTip(
  repository: Repository,
  changes: readonly PatchChange[],
): Promise<{ readonly head: Head; readonly tip: Commit }> {
  const head = await repository.history.head();
  if (head.commit === undefined) throw baseDiffers(changes.map(({ path }) => ({ path, tensors: [] })));
  if (head.kind === 'branch') await refuseProtected(repository, head.ref, head.commit);
  return { head, tip: await repository.history.readCommit(head.commit) };
}

async function replay(repository: Repository, patch: Patch, tip: Commit): Promise<readonly AppliedCommit[]> {
  const { history } = repository;
  const applied: AppliedCommit[] = [];
  let [parent, files] = [tip.id, await history.listTree(tip.tree)];
  for (const [index, original] of patch.commits.entries()) {
    files = applyChanges(files, patch.header.commits[index]?.changes ?? []);
    const tree = await history.writeTree(files);
    const isSame = original.parents[0] === parent && original.tree === tree;
    const { author, message } = original;
    parent = isSame
      ? await history.writeCommitObject(patch.objects.get(original.id)?.bytes ?? new Uint8Array())
      : await history.writeCommit({ tree, parents: [parent], author, message });
    applied.push({ from: original.id, commit: parent, subject: subjectOf(message) });
  }
  return applied;
}
