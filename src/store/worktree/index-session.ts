import { applyIndexEdit, type IndexEdit } from './index-edit.ts';
import { type GitIndex, type IndexEntry, readIndex, withIndexLock } from './index-file.ts';
import type { WorkTree } from './work-tree.ts';

/** The index as it stands, read without a lock. */
export interface IndexState extends GitIndex {
  /** Entries of stage 0 by path. */
  readonly tracked: ReadonlyMap<string, IndexEntry>;
  /** Entries of unresolved conflicts. */
  readonly unmerged: readonly IndexEntry[];
}

/** Reads the index. Errors: `INDEX_UNSUPPORTED`, `INDEX_CORRUPT`. */
export async function readIndexState({ ports, history }: WorkTree): Promise<IndexState> {
  return indexState(await readIndex(ports.fs, `${history.gitDirectory}/index`));
}

/** An index by path. */
export function indexState(index: GitIndex): IndexState {
  return {
    ...index,
    tracked: new Map(index.entries.filter(entry => entry.stage === 0).map(entry => [entry.path, entry])),
    unmerged: index.entries.filter(entry => entry.stage !== 0),
  };
}

/** Applies an edit to the index as it stands now, under its lock. Errors: `INDEX_LOCKED`. */
export async function editIndex(workTree: WorkTree, edit: IndexEdit): Promise<void> {
  if (edit.set.length + edit.remove.length > 0)
    await changeIndex(workTree, entries => applyIndexEdit(entries, edit));
}

/** Replaces the index under its lock. Entries that stay are passed on as they are. Errors: `INDEX_LOCKED`. */
export async function changeIndex(
  { ports, history }: WorkTree,
  change: (entries: readonly IndexEntry[]) => readonly IndexEntry[],
): Promise<void> {
  await withIndexLock(ports.fs, history.gitDirectory, async index => change(index.entries));
}
