import { isSystemError } from '../../base/errors.ts';
import { applyIndexEdit, type IndexBefore, type IndexEdit } from './index-edit.ts';
import type { IndexEntry } from './index-file.ts';
import { readIndex, withIndexLock } from './index-lock.ts';
import type { WorkTree } from './work-tree.ts';

/** The index as it stands, read without a lock. */
export interface IndexState extends IndexBefore {
  /** Entries of stage 0 by path. */
  readonly tracked: ReadonlyMap<string, IndexEntry>;
  /** Entries of unresolved conflicts. */
  readonly unmerged: readonly IndexEntry[];
}

/** Reads the index. Errors: `INDEX_UNSUPPORTED`, `INDEX_CORRUPT`. */
export async function readIndexState(workTree: WorkTree): Promise<IndexState> {
  const timeNs = await indexTime(workTree); // First: a younger index read after it only makes more entries racy.
  const entries = await readIndex(workTree.ports.fs, workTree.history);
  return {
    entries,
    timeNs,
    tracked: new Map(entries.filter(entry => entry.stage === 0).map(entry => [entry.path, entry])),
    unmerged: entries.filter(entry => entry.stage !== 0),
  };
}

/** Applies an edit to the index as it stands now, under its lock. Errors: `INDEX_LOCKED`. */
export async function editIndex(workTree: WorkTree, edit: IndexEdit): Promise<void> {
  await changeIndex(workTree, before => applyIndexEdit(before, edit));
}

/** Replaces the index under its lock. Errors: `INDEX_LOCKED`. */
export async function changeIndex(
  workTree: WorkTree,
  change: (before: IndexBefore) => readonly IndexEntry[],
): Promise<void> {
  const timeNs = await indexTime(workTree);
  await withIndexLock(workTree.ports.fs, workTree.history, entries => change({ entries, timeNs }));
}

async function indexTime({ ports, history }: WorkTree): Promise<bigint | undefined> {
  try {
    return (await ports.fs.stat(`${history.gitDirectory}/index`)).mtimeNs;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
