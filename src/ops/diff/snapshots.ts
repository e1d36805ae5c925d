import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { compareFile } from '../../store/worktree/compare.ts';
import type { FileContent } from '../../store/worktree/file-content.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { Repository } from '../repository.ts';
import { workTreeOf } from '../worktree/work-tree.ts';

/** One version of a file: a blob of the repository or, with `file`, a file of the work tree that differs from the index. */
export interface FileVersion {
  readonly mode: number;
  readonly id: ObjectId;
  readonly file?: { readonly path: string } & Pick<FileContent, 'manifest'>;
}

/** The versions of all files somewhere, by path. */
export type Snapshot = ReadonlyMap<string, FileVersion>;

/** The files of a commit; none for undefined. */
export async function commitSnapshot(
  repository: Repository,
  commit: CommitId | undefined,
): Promise<Snapshot> {
  return new Map((await filesOf(repository, commit)).map(({ path, mode, id }) => [path, { mode, id }]));
}

/** The files of the index. */
export async function indexSnapshot(repository: Repository): Promise<Snapshot> {
  const index = await readIndexState(await workTreeOf(repository));
  const entries = [...index.tracked.values()].filter(entry => !entry.intentToAdd);
  return new Map(entries.map(({ path, mode, id }) => [path, { mode, id }]));
}

/** The tracked files of the work tree that `matches` names. Reads only those whose metadata tell that they may have changed. */
export async function workTreeSnapshot(
  repository: Repository,
  matches: (path: string) => boolean,
  long: LongOperation,
): Promise<Snapshot> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const files = new Map<string, FileVersion>();
  for (const entry of index.tracked.values()) {
    if (!matches(entry.path)) continue;
    const { path, mode, id } = entry;
    const state = await compareFile(workTree, entry, { index, attributes, long });
    if (state.kind === 'same') files.set(path, { mode, id });
    if (state.kind === 'modified' && state.unreadable) throw state.unreadable;
    if (state.kind !== 'modified' || !state.content) continue;
    const { manifest } = state.content;
    const file = { path: `${workTree.root}/${path}`, ...(manifest ? { manifest } : {}) };
    files.set(path, { mode: state.content.mode, id: state.content.id, file });
  }
  return files;
}
