import { applyIndexEdit, type IndexEdit } from './index-edit.ts';
import { type IndexEntry, withIndexLock } from './index-file.ts';
import { type IndexState, indexState, readIndexState } from './index-session.ts';
import type { WorkTree } from './work-tree.ts';

/** A change of files and index in two steps. */
export interface FileChanges<Plan> {
  /** What is to be done, going by the index as it stands. Runs without the lock, since it may hash files, and possibly more than once. */
  readonly plan: (index: IndexState) => Promise<Plan>;
  /** Changes files, and says what that makes of the index. Runs once, under the lock. */
  readonly perform: (plan: Plan, index: IndexState) => Promise<IndexEdit>;
}

/**
 * Changes files of the work tree and the index together, under the index's lock, as Git does: of two processes that check something
 * out, one does all of it, then the other is refused. Where another process has changed the index since the plan was made, it is
 * made again. Errors: `INDEX_LOCKED`.
 */
export async function changeFiles<Plan>(workTree: WorkTree, changes: FileChanges<Plan>): Promise<Plan> {
  const { ports, history } = workTree;
  for (;;) {
    const planned = await readIndexState(workTree);
    const plan = await changes.plan(planned);
    let isDone = false;
    await withIndexLock(ports.fs, history.gitDirectory, async index => {
      if (!sameEntries(planned.entries, index.entries)) return undefined;
      const edit = await changes.perform(plan, indexState(index));
      isDone = true;
      return edit.set.length + edit.remove.length > 0 ? applyIndexEdit(index.entries, edit) : undefined;
    });
    if (isDone) return plan;
  }
}

/** What is known of the files may have been refreshed meanwhile. */
function sameEntries(left: readonly IndexEntry[], right: readonly IndexEntry[]): boolean {
  return (
    left.length === right.length &&
    left.every((entry, at) => {
      const other = right[at];
      return (
        entry.path === other?.path &&
        entry.id === other.id &&
        entry.mode === other.mode &&
        entry.stage === other.stage &&
        entry.intentToAdd === other.intentToAdd
      );
    })
  );
}
