import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { comparePaths } from '../../store/worktree/untracked.ts';
import type { Repository } from '../repository.ts';
import { type ModelChange, modelChange } from '../worktree/model-change.ts';
import { openManifestBlob } from './manifests-at.ts';

/** One changed file. `model` is there for models: what happened to its tensors. */
export interface FileChange {
  readonly path: string;
  readonly kind: 'added' | 'modified' | 'deleted' | 'type-changed';
  readonly model?: ModelChange;
}

/** What a commit changed against another; `before` undefined: everything is new. Sorted by path. */
export async function treeChanges(
  repository: Repository,
  before: CommitId | undefined,
  after: CommitId,
): Promise<FileChange[]> {
  const old = new Map((await filesOf(repository, before)).map(file => [file.path, file]));
  const now = new Map((await filesOf(repository, after)).map(file => [file.path, file]));
  const changes: FileChange[] = [];
  for (const path of [...new Set([...old.keys(), ...now.keys()])].sort(comparePaths)) {
    const change = await treeChange(repository, { path, before: old.get(path), after: now.get(path) });
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** The files of a commit; none for undefined. */
export async function filesOf(
  repository: Repository,
  commit: CommitId | undefined,
): Promise<readonly TreeFile[]> {
  if (commit === undefined) return [];
  const { history } = repository;
  return history.listTree((await history.readCommit(commit)).tree);
}

type Version = { readonly id: ObjectId; readonly mode: number };

/** The change between two versions of a path, or undefined when there is none. */
export async function treeChange(
  repository: Repository,
  file: { readonly path: string; readonly before: Version | undefined; readonly after: Version | undefined },
): Promise<FileChange | undefined> {
  const { path, before, after } = file;
  if (before?.id === after?.id && before?.mode === after?.mode) return undefined;
  const [old, now] = await Promise.all([manifestOf(repository, before), manifestOf(repository, after)]);
  const kind = changeKind(before?.mode, after?.mode);
  return { path, kind, ...(old || now ? { model: modelChange(old, now) } : {}) };
}

async function manifestOf(
  repository: Repository,
  version: Version | undefined,
): Promise<Manifest | undefined> {
  return version === undefined ? undefined : openManifestBlob(repository, version);
}

/** How a path changed, from its modes before and after; undefined: it is not there. */
export function changeKind(before: number | undefined, after: number | undefined): FileChange['kind'] {
  if (before === undefined) return 'added';
  if (after === undefined) return 'deleted';
  return (before & 0o170000) === (after & 0o170000) ? 'modified' : 'type-changed';
}
