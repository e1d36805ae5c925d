import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { treeAttributes } from '../../store/worktree/attribute-sources.ts';
import { indexEntry } from '../../store/worktree/index-edit.ts';
import { editIndex, type IndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { writeFiles } from '../worktree/checkout.ts';
import { sameFile } from '../worktree/checkout-plan.ts';
import { prepareModels } from '../worktree/stand-ins.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { changedSince, type TakenFiles } from './take-up.ts';

/** What was stored, and where index and work tree go back to. */
export interface PutBackRequest extends LongOperation {
  readonly index: IndexState;
  readonly tracked: TakenFiles;
  readonly untracked: TakenFiles;
  readonly target: ReadonlyMap<string, TreeFile>;
  readonly changed: readonly string[];
}

/**
 * Leads index and work tree back after everything was stored. Errors: `FILE_CHANGED`, before anything is written, when a file is not what
 * was stored any more; `EXTENT_MISSING`.
 */
export async function putBack(repository: Repository, request: PutBackRequest): Promise<void> {
  const { index, tracked, untracked, target, changed } = request;
  const workTree = await workTreeOf(repository);
  const now = new Map(tracked.files.map(file => [file.path, file]));
  const touched = changed.filter(path => !sameFile(now.get(path), target.get(path)));
  const others = untracked.files.map(file => file.path);
  const seen = new Map([...tracked.seen, ...untracked.seen]);
  const moved = await changedSince(repository, [...touched, ...others], seen);
  if (moved.length > 0) throw fileChanged(moved);
  const write = touched.flatMap(path => target.get(path) ?? []);
  const attributes = treeAttributes(workTree, [...target.values()]);
  const standIns = await prepareModels(repository, write, { attributes, long: request });
  await removeTreeFiles(workTree, [...others, ...touched.filter(path => !target.has(path))]);
  const written = await writeFiles(repository, write, { attributes, long: request, standIns });
  const known = new Set(write.map(file => file.path));
  const unstaged = changed
    .filter(path => !known.has(path) && !sameFile(index.tracked.get(path), target.get(path)))
    .flatMap(path => target.get(path) ?? [])
    .map(file => indexEntry(file));
  await editIndex(workTree, {
    set: [...written, ...unstaged],
    remove: changed.filter(path => !target.has(path)),
  });
}

function fileChanged(paths: readonly string[]): MgitError {
  return new MgitError('FILE_CHANGED', `changed while they were put away: ${paths.join(', ')}`, {
    hint: 'the stash is kept, and no file was touched: see "mgit stash list", then "mgit stash drop" it and try again',
    details: { paths },
  });
}
