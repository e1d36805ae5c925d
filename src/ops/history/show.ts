import type { Commit } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { type FileChange, treeChanges } from './tree-changes.ts';

/** A commit and what it changed against its first parent. */
export interface ShownCommit {
  readonly commit: Commit;
  readonly changes: readonly FileChange[];
}

/** Reads a commit for `mgit show`. Errors: `REVISION_UNKNOWN`, `REVISION_AMBIGUOUS`. */
export async function showCommit(repository: Repository, revision: string): Promise<ShownCommit> {
  const { history } = repository;
  const commit = await history.readCommit(await history.resolveCommit(revision));
  return { commit, changes: await treeChanges(repository, commit.parents[0], commit.id) };
}
