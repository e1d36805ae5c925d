import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { compareFile, lstat } from '../../store/worktree/compare.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import { editIndex, readIndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import type { AppliedFile, StashChange } from '../history/operations.ts';
import type { Repository } from '../repository.ts';
import { writeFiles } from '../worktree/checkout.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { prepareModels } from '../worktree/stand-ins.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { bringBackStash } from './apply.ts';
import { findStash, readStash, storeStash } from './stash-entry.ts';

/**
 * Reverses what a `stash` command did: what was put away comes back, what was brought back goes, what was dropped is on the list again.
 * Errors: `UNDO_CONFLICT` when HEAD or the list moved, `LOCAL_CHANGES` when a file did.
 */
export async function undoStash(
  repository: Repository,
  change: StashChange,
  long: LongOperation,
): Promise<void> {
  if (change.pushed !== undefined) await bringBack(repository, change.pushed, long);
  if (change.applied !== undefined) await takeAway(repository, change.applied, long);
  if (change.dropped !== undefined)
    await storeStash(repository, change.dropped.commit, change.dropped.message);
}

async function bringBack(
  repository: Repository,
  pushed: NonNullable<StashChange['pushed']>,
  long: LongOperation,
): Promise<void> {
  const newest = await findStash(repository, undefined);
  const { base } = await readStash(repository, pushed);
  if (newest.commit !== pushed) throw moved('the list of stashes');
  if ((await repository.history.head()).commit !== base.id) throw moved('HEAD');
  await bringBackStash(repository, newest, { ...long, index: true, drop: true });
}

function moved(what: string): MgitError {
  return new MgitError('UNDO_CONFLICT', `${what} has moved since the stash was made`, {
    hint: 'bring the stash back with "mgit stash apply"',
  });
}

async function takeAway(
  repository: Repository,
  files: readonly AppliedFile[],
  long: LongOperation,
): Promise<void> {
  const workTree = await workTreeOf(repository);
  await refuseEdited(repository, files, long);
  const before = files.flatMap(({ path, before: file }): TreeFile[] => (file ? [{ path, ...file }] : []));
  const gone = files.filter(({ before: file }) => file === null).map(({ path }) => path);
  const { tracked } = await readIndexState(workTree);
  const attributes = workTreeAttributes(workTree, path => tracked.get(path)?.id);
  const standIns = await prepareModels(repository, before, { attributes, long });
  await removeTreeFiles(workTree, gone);
  const set = await writeFiles(repository, before, { attributes, long, standIns });
  await editIndex(workTree, { set, remove: gone });
}

async function refuseEdited(
  repository: Repository,
  files: readonly AppliedFile[],
  long: LongOperation,
): Promise<void> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const edited: string[] = [];
  for (const { path, after } of files) {
    const isThere = (await lstat(workTree, path)) !== undefined;
    if (after === null ? isThere : !isThere) edited.push(path);
    else if (after !== null) {
      const state = await compareFile(workTree, indexEntry({ path, ...after }), { index, attributes, long });
      if (state.kind !== 'same') edited.push(path);
    }
  }
  if (edited.length > 0)
    throw localChanges(edited, 'these files were changed since: restore them with "mgit restore" yourself');
}
