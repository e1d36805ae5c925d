import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { MODE } from '../../store/history/objects/tree-object.ts';
import type { PatchObject } from '../../store/patches/object-section.ts';
import type { FileVersion, PatchChange } from '../../store/patches/patch-header.ts';
import { comparePaths } from '../../store/worktree/untracked.ts';
import type { Repository } from '../repository.ts';

/** The paths whose file differs between two trees, sorted. */
export async function changesBetween(
  { history }: Repository,
  before: ObjectId,
  after: ObjectId,
): Promise<readonly PatchChange[]> {
  const [old, now] = await Promise.all([history.listTree(before), history.listTree(after)]);
  const [earlier, later] = [byPath(old), byPath(now)];
  return [...new Set([...earlier.keys(), ...later.keys()])].sort(comparePaths).flatMap(path => {
    const change = { path, before: versionOf(earlier.get(path)), after: versionOf(later.get(path)) };
    return isSameVersion(change.before, change.after) ? [] : [change];
  });
}

/** What several steps change together. What comes back to where it was is left out. */
export function joinChanges(steps: readonly (readonly PatchChange[])[]): readonly PatchChange[] {
  const joined = new Map<string, PatchChange>();
  for (const change of steps.flat()) {
    const before = joined.get(change.path)?.before;
    joined.set(change.path, before === undefined ? change : { ...change, before });
  }
  return [...joined.values()].filter(({ before, after }) => !isSameVersion(before, after));
}

/** The files of a tree after changes. */
export function applyChanges(
  files: readonly TreeFile[],
  changes: readonly PatchChange[],
): readonly TreeFile[] {
  const result = byPath(files);
  for (const { path, after } of changes) {
    if (after === null) result.delete(path);
    else result.set(path, { path, ...after });
  }
  return [...result.values()];
}

/** The objects that commits with these changes need: the commits, and both versions of every changed file. */
export async function* patchObjects(
  { history }: Repository,
  commits: readonly { readonly id: CommitId; readonly changes: readonly PatchChange[] }[],
): AsyncGenerator<PatchObject> {
  const blobs = new Set<ObjectId>();
  for (const { id, changes } of commits) {
    yield { type: 'commit', bytes: await history.readCommitObject(id) };
    for (const { before, after } of changes)
      for (const version of [before, after])
        if (version && version.mode !== MODE.submodule) blobs.add(version.id);
  }
  for await (const bytes of history.readBlobs(blobs)) yield { type: 'blob', bytes };
}

/** Whether two versions of a path are the same file. */
export function isSameVersion(one: FileVersion | null, other: FileVersion | null): boolean {
  return one?.id === other?.id && one?.mode === other?.mode;
}

/** A file's version, without its path. */
export function versionOf(file: TreeFile | undefined): FileVersion | null {
  return file ? { id: file.id, mode: file.mode } : null;
}

function byPath(files: readonly TreeFile[]): Map<string, TreeFile> {
  return new Map(files.map(file => [file.path, file]));
}
