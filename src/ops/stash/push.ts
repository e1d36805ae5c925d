import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit, Head, TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { compareFile, lstat } from '../../store/worktree/compare.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import { type IndexState, readIndexState } from '../../store/worktree/index-session.ts';
import { subjectOf } from '../history/commit.ts';
import { recordStash } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { filesOfTree } from '../worktree/checkout.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { parsePathspec, requireMatches } from '../worktree/pathspec.ts';
import { untrackedPaths } from '../worktree/status.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { putBack } from './put-back.ts';
import { type StashEntry, storeStash } from './stash-entry.ts';
import { differingPaths, type TakenFiles, takeTracked, takeUntracked } from './take-up.ts';

/** What `mgit stash push` puts away. */
export interface StashPushOptions extends LongOperation {
  /** Absolute. */
  readonly cwd: string;
  /** Pathspecs; none match everything. */
  readonly paths: readonly string[];
  readonly message?: string;
  /** Put untracked files away, too. */
  readonly untracked?: boolean;
  /** Leave what is staged, in the index and the work tree. */
  readonly keepIndex?: boolean;
}

/**
 * Puts changes of index and work tree away in a commit that `refs/stash` holds, as `git stash push` does, and leads both back to HEAD.
 * Everything is stored before any file changes; a file that changes meanwhile is left alone. Undefined: there is nothing to put away.
 * Errors: `NO_COMMITS`, `CONFLICTS_UNRESOLVED`, `MERGE_IN_PROGRESS`, `PATHSPEC_UNMATCHED`, `LOCAL_CHANGES`, `FILE_CHANGED`.
 */
export async function pushStash(
  repository: Repository,
  options: StashPushOptions,
): Promise<StashEntry | undefined> {
  await refuseUnconcluded(repository);
  const draft = await draftOf(repository, options);
  if (draft.changed.length + draft.untracked.files.length === 0) return undefined;
  await refuseHidden(repository, draft);
  const { commit, message } = await writeStash(repository, draft, options);
  await storeStash(repository, commit, message);
  await recordStash(repository, { command: `stash push: ${message}`, stash: { pushed: commit } });
  await putBack(repository, { ...options, ...draft });
  return { position: 0, name: 'stash@{0}', commit, message };
}

interface Draft {
  readonly head: Head;
  readonly base: Commit;
  readonly index: IndexState;
  /** The index, without what is only announced. */
  readonly staged: readonly TreeFile[];
  readonly tracked: TakenFiles;
  readonly untracked: TakenFiles;
  /** Where index and work tree are led back to. */
  readonly target: ReadonlyMap<string, TreeFile>;
  /** Tracked paths that differ from HEAD, in the index or in the work tree. */
  readonly changed: readonly string[];
}

async function draftOf(repository: Repository, options: StashPushOptions): Promise<Draft> {
  const { history } = repository;
  const head = await history.head();
  if (head.commit === undefined)
    throw new MgitError('NO_COMMITS', 'there are no commits yet', { hint: 'make one with "mgit commit"' });
  const base = await history.readCommit(head.commit);
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  refuseUnmerged(index);
  const { matches, ...pathspec } = parsePathspec(repository, options.cwd, options.paths);
  const others = options.untracked ? await untrackedPaths(workTree, index, false) : [];
  const wanted = others.filter(path => !path.endsWith('/')).filter(matches);
  const before = await filesOfTree(repository, base.tree);
  requireMatches({ matches, ...pathspec }, [...index.tracked.keys(), ...before.keys(), ...wanted]);
  const tracked = await takeTracked(repository, { ...options, index, matches });
  const staged = [...index.tracked.values()].filter(entry => !entry.intentToAdd);
  const now = new Map(tracked.files.map(file => [file.path, file]));
  const changed = new Set([...differingPaths(before, now), ...differingPaths(before, index.tracked)]);
  return {
    head,
    base,
    index,
    staged,
    tracked,
    untracked: await takeUntracked(repository, wanted, { ...options, index }),
    target: options.keepIndex ? new Map(staged.map(file => [file.path, file])) : before,
    changed: [...changed].filter(matches),
  };
}

async function writeStash(
  repository: Repository,
  draft: Draft,
  { message }: StashPushOptions,
): Promise<{ readonly commit: CommitId; readonly message: string }> {
  const { history } = repository;
  const { head, base, staged, tracked, untracked } = draft;
  const branch = head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : '(no branch)';
  const place = `${branch}: ${await history.abbreviate(base.id)} ${subjectOf(base.message)}`;
  const write = async (
    files: readonly TreeFile[],
    parents: readonly CommitId[],
    text: string,
  ): Promise<CommitId> =>
    history.writeCommit({ tree: await history.writeTree(files), parents, message: `${text}\n`, sign: false });
  const index = await write(staged, [base.id], `index on ${place}`);
  const others =
    untracked.files.length > 0 ? [await write(untracked.files, [], `untracked files on ${place}`)] : [];
  const text = message === undefined ? `WIP on ${place}` : `On ${branch}: ${message}`;
  return { commit: await write(tracked.files, [base.id, index, ...others], text), message: subjectOf(text) };
}

/** A file that was taken out of the index, but is still there, is in no commit: it must not be replaced. */
async function refuseHidden(repository: Repository, { changed, index, target }: Draft): Promise<void> {
  const workTree = await workTreeOf(repository);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const hidden: string[] = [];
  for (const path of changed) {
    const wanted = target.get(path);
    if (wanted === undefined || index.tracked.has(path)) continue;
    const stat = await lstat(workTree, path);
    if (stat === undefined) continue;
    const state = await compareFile(workTree, indexEntry(wanted), { index, attributes });
    if (state.kind === 'modified') hidden.push(path);
  }
  if (hidden.length > 0)
    throw localChanges(hidden, 'these files were taken out of the index: "mgit add" them, or move them away');
}

function refuseUnmerged({ unmerged }: IndexState): void {
  if (unmerged.length === 0) return;
  const paths = [...new Set(unmerged.map(entry => entry.path))];
  throw new MgitError('CONFLICTS_UNRESOLVED', `conflicts are not resolved yet: ${paths.join(', ')}`, {
    hint: 'resolve them and "mgit add" the files first',
    details: { paths },
  });
}
