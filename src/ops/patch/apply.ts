import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit, Head } from '../../store/history/history.ts';
import type { PatchChange } from '../../store/patches/patch-header.ts';
import { type Patch, readPatch } from '../../store/patches/read-patch.ts';
import { refuseProtected } from '../gate/protection.ts';
import { subjectOf } from '../history/commit.ts';
import { recordOperation } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { moveHead } from '../worktree/reset.ts';
import { baseDifferences, baseDiffers } from './check-base.ts';
import { applyChanges, joinChanges } from './patch-changes.ts';
import { receivePatch } from './receive.ts';
import { type MergedPatch, mergePatch } from './three-way.ts';

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
  /** Where the base was another: with conflicts the branch has not moved. */
  readonly merge?: MergedPatch;
}

/** Which patch, and what to do where the files that it changes are not as its base had them. */
export interface ApplyPatchOptions extends LongOperation {
  /** Absolute. */
  readonly path: string;
  /** Merge the change instead of refusing it. */
  readonly threeWay?: boolean;
}

/**
 * Puts the commits of a patch file on top of the current branch; index and work tree follow. Without `threeWay` nothing moves unless the
 * files that it changes are as its base had them. Errors: `PATCH_BASE_DIFFERS`, `PATCH_BASE_MISSING`, `PATCH_CORRUPT`, `PACK_CORRUPT`,
 * `EXTENT_CORRUPT`, `LOCAL_CHANGES`, `BRANCH_PROTECTED`, `MERGE_IN_PROGRESS`, those of {@link mergePatch}.
 */
export async function applyPatch(
  repository: Repository,
  { path, threeWay, ...long }: ApplyPatchOptions,
): Promise<PatchApplied> {
  await refuseUnconcluded(repository);
  const patch = await readPatch(repository.ports.fs, path);
  const changes = joinChanges(patch.header.commits.map(commit => commit.changes));
  const { head, tip } = await currentTip(repository, changes);
  const differences = await baseDifferences(repository, tip.tree, { patch, changes });
  if (differences.length > 0 && !threeWay) throw baseDiffers(differences);
  await receivePatch(repository, patch, { ...long, path });
  if (differences.length === 0) return putOnTop(repository, patch, { ...long, head, tip });
  const merge = await mergePatch(repository, { patch, changes }, { ...long, head, tip });
  return { old: tip.id, new: merge.commit ?? tip.id, commits: [], files: merge.files, merge };
}

async function putOnTop(
  repository: Repository,
  patch: Patch,
  { head, tip, ...long }: LongOperation & { readonly head: Head; readonly tip: Commit },
): Promise<PatchApplied> {
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
