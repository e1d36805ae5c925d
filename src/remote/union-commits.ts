import type { CommitId } from '../base/ids.ts';
import type { History, TreeFile } from '../store/history/history.ts';
import { writeSharedCommit } from './shared-commit.ts';

/** The union of two commits of a shared ref. `conflicts` are paths where both hold different contents. */
export interface UnionCommit {
  readonly commit: CommitId;
  readonly conflicts: readonly string[];
}

/**
 * A commit that holds the files of both: one of them where it contains the other, else a new one with both as parents. Where both
 * have a path, what was published stays.
 */
export async function unionCommits(
  history: History,
  sides: { readonly published: CommitId; readonly local: CommitId; readonly seconds: number },
): Promise<UnionCommit> {
  const { published, local } = sides;
  if (await history.isAncestor(local, published)) return { commit: published, conflicts: [] };
  if (await history.isAncestor(published, local)) return { commit: local, conflicts: [] };
  const files = new Map(await filesByPath(history, published));
  const conflicts: string[] = [];
  for (const [path, file] of await filesByPath(history, local)) {
    const there = files.get(path);
    if (!there) files.set(path, file);
    else if (there.id !== file.id) conflicts.push(path);
  }
  const commit = await writeSharedCommit(history, {
    files: [...files.values()].sort((left, right) =>
      Buffer.compare(Buffer.from(left.path), Buffer.from(right.path)),
    ),
    parents: [published, local],
    message: 'Unite what both sides hold\n',
    seconds: sides.seconds,
  });
  return { commit, conflicts };
}

async function filesByPath(history: History, commit: CommitId): Promise<ReadonlyMap<string, TreeFile>> {
  const files = await history.listTree((await history.readCommit(commit)).tree);
  return new Map(files.map(file => [file.path, file]));
}
