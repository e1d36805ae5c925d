import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { treeAttributes } from '../../store/worktree/attribute-sources.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { filesOfTree, writeFiles } from './checkout.ts';
import { sameFile } from './checkout-plan.ts';
import { workTreeOf } from './work-tree.ts';

/** Where files go back to. */
export interface RestoreTreeRequest extends LongOperation {
  readonly tree: ObjectId;
  /** A tree that may have been checked out in part: what differs in it is restored, whatever the index says. */
  readonly from?: ObjectId;
}

/**
 * Leads the files and index entries that something unfinished has touched back to a tree; local changes elsewhere stay. Errors:
 * `EXTENT_MISSING`, `INDEX_LOCKED`.
 */
export async function restoreTree(repository: Repository, request: RestoreTreeRequest): Promise<void> {
  const workTree = await workTreeOf(repository);
  const [tree, from] = [
    await filesOfTree(repository, request.tree),
    await filesOfTree(repository, request.from ?? request.tree),
  ];
  const attributes = treeAttributes(workTree, [...tree.values()]);
  await changeFiles(workTree, {
    plan: async index => touchedPaths(index, tree, from),
    perform: async changed => {
      const remove = changed.filter(path => !tree.has(path));
      const write = changed.flatMap(path => tree.get(path) ?? []);
      await removeTreeFiles(workTree, remove);
      return { set: await writeFiles(repository, write, { attributes, long: request }), remove };
    },
  });
}

type Files = ReadonlyMap<string, TreeFile>;

function touchedPaths(index: IndexState, tree: Files, from: Files): readonly string[] {
  const unmerged = new Set(index.unmerged.map(entry => entry.path));
  const paths = new Set([...index.entries.map(entry => entry.path), ...tree.keys(), ...from.keys()]);
  return [...paths].filter(
    path =>
      unmerged.has(path) ||
      !sameFile(index.tracked.get(path), tree.get(path)) ||
      !sameFile(from.get(path), tree.get(path)),
  );
}
