import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { workTreeSnapshot } from '../diff/snapshots.ts';
import { gitMergeHeads } from '../merge/merge-state.ts';
import type { Repository } from '../repository.ts';
import { repositoryPath } from '../worktree/work-tree.ts';
import { readManifestBlob } from './manifests-at.ts';

/** Whose tensors `mgit blame` asks about. */
export interface BlameRequest extends LongOperation {
  /** Absolute. */
  readonly cwd: string;
  readonly path: string;
  /** Default: the work tree. */
  readonly revision?: string;
  /** Globs of tensor names; none match all. */
  readonly tensors: readonly string[];
}

/** The version of a model whose tensors are looked for in history. */
export interface BlameStart {
  readonly path: string;
  readonly manifest: Manifest;
  /** Undefined: the work tree, whose content may be in none of its parents. */
  readonly commit: Commit | undefined;
  readonly parents: readonly CommitId[];
}

/** Reads it: a commit's, or the work tree's. Errors: `NOT_A_MODEL`, `PATH_UNKNOWN`, `REVISION_UNKNOWN`, `MANIFEST_CORRUPT`. */
export async function readBlameStart(repository: Repository, request: BlameRequest): Promise<BlameStart> {
  const path = repositoryPath(repository, request.cwd, request.path);
  const { history } = repository;
  if (request.revision !== undefined) {
    const commit = await history.readCommit(await history.resolveCommit(request.revision));
    const file = await history.findInTree(commit.tree, path);
    if (file === undefined) throw pathUnknown(path, `in ${request.revision}`);
    const manifest = await readManifestBlob(repository, file);
    return { path, manifest: asModel(path, manifest), commit, parents: commit.parents };
  }
  const now = (await workTreeSnapshot(repository, candidate => candidate === path, request)).get(path);
  if (now === undefined) throw pathUnknown(path, 'among the tracked files');
  const manifest = now.file ? now.file.manifest : await readManifestBlob(repository, now);
  const head = (await history.head()).commit;
  const parents = head === undefined ? [] : [head, ...(await gitMergeHeads(repository))];
  return { path, manifest: asModel(path, manifest), commit: undefined, parents };
}

function asModel(path: string, manifest: Manifest | undefined): Manifest {
  if (manifest !== undefined) return manifest;
  throw new MgitError('NOT_A_MODEL', `${path} is not a model`, {
    hint: `use "git blame ${path}" for the lines of ordinary files`,
  });
}

function pathUnknown(path: string, where: string): MgitError {
  return new MgitError('PATH_UNKNOWN', `there is no ${JSON.stringify(path)} ${where}`);
}
