import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { compileRules } from '../../merge/rules.ts';
import type { Commit, Head, TreeFile } from '../../store/history/history.ts';
import type { FileVersion, PatchChange } from '../../store/patches/patch-header.ts';
import type { Patch } from '../../store/patches/read-patch.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { subjectOf } from '../history/commit.ts';
import { recordOperation } from '../history/operations.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import { mergeIntoWorkTree } from '../merge/merge-into-work-tree.ts';
import type { Repository } from '../repository.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { moveHead } from '../worktree/reset.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { applyChanges, isSameVersion } from './patch-changes.ts';

/** What a patch became on another base. */
export interface MergedPatch {
  /** The new commit; undefined while conflicts are left. */
  readonly commit: CommitId | undefined;
  readonly subject: string;
  readonly conflicts: readonly FileConflict[];
  /** A commit, on no branch, with the patch's versions of its files. */
  readonly theirs: CommitId;
  readonly files: number;
}

/** To a tensor that both sides changed, the patch's change is added: what the patch left alone in it stays bit for bit. */
const ADD_CHANGES = compileRules({ method: 'add_difference' }, 2);

/**
 * Merges what a patch changed into index and work tree, and commits it, all commits of the patch in one. Conflicts stay for the user: the
 * index has all versions. The patch's files must be in the repository. Errors: `LOCAL_CHANGES`, `CONFLICTS_UNRESOLVED`, `EXTENT_MISSING`,
 * those of the methods.
 */
export async function mergePatch(
  repository: Repository,
  { patch, changes }: { readonly patch: Patch; readonly changes: readonly PatchChange[] },
  { head, tip, ...long }: LongOperation & { readonly head: Head; readonly tip: Commit },
): Promise<MergedPatch> {
  const { history } = repository;
  const files = await history.listTree(tip.tree);
  await refuseStaged(repository, files);
  const base = await history.writeTree(applyChanges(files, changes.map(swapped)));
  const theirs = await theirsCommit(repository, tip, { patch, files: applyChanges(files, changes) });
  const { author, message, tree } = theirs;
  const subject = subjectOf(message);
  const command = `patch apply --3way: ${subject}`;
  return recordOperation(repository, { command, files: 'moved' }, async recorded => {
    const labels = ['HEAD', subject] as const;
    const merged = await mergeIntoWorkTree(
      recorded,
      { base, theirs: tree, labels, decide: ADD_CHANGES },
      long,
    );
    const touched = [...merged.after.values()].filter(
      file => !isSameVersion(file, merged.before.get(file.path) ?? null),
    );
    const result = { subject, conflicts: merged.conflicts, theirs: theirs.id, files: touched.length };
    if (merged.conflicts.length > 0) return { ...result, commit: undefined };
    const written = await history.writeTree([...merged.after.values()]);
    const commit = await history.writeCommit({ tree: written, parents: [tip.id], author, message });
    await moveHead(recorded, head, { commit, reason: `patch: ${subject}` });
    return { ...result, commit };
  });
}

function swapped(change: PatchChange): PatchChange {
  return { ...change, after: change.before };
}

/** Names the patch's versions, so that a conflict can be resolved with them. */
async function theirsCommit(
  { history }: Repository,
  tip: Commit,
  { patch, files }: { readonly patch: Patch; readonly files: readonly TreeFile[] },
): Promise<Commit> {
  const tree: ObjectId = await history.writeTree(files);
  const author = patch.commits.at(-1)?.author;
  const message = messageOf(patch.commits);
  const parents = [tip.id];
  return history.readCommit(
    await history.writeCommit({ tree, parents, message, ...(author ? { author } : {}) }),
  );
}

function messageOf(commits: readonly Commit[]): string {
  const last = commits.at(-1)?.message ?? '';
  if (commits.length === 1) return last;
  return `${subjectOf(last)}\n\n${commits.map(({ message }) => `* ${subjectOf(message)}`).join('\n')}\n`;
}

/** What is staged would get into the patch's commit. */
async function refuseStaged(repository: Repository, files: readonly TreeFile[]): Promise<void> {
  const { tracked } = await readIndexState(await workTreeOf(repository));
  const committed = new Map<string, FileVersion>(files.map(file => [file.path, file]));
  const staged = [...new Set([...committed.keys(), ...tracked.keys()])].filter(
    path => !isSameVersion(tracked.get(path) ?? null, committed.get(path) ?? null),
  );
  if (staged.length > 0)
    throw localChanges(staged, 'commit what is staged, or put it away with "mgit stash"');
}
