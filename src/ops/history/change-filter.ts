import { globMatcher } from '../../base/globs.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Commit, TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { pairTensors } from '../diff/pair-tensors.ts';
import type { Repository } from '../repository.ts';
import { sameFile } from '../worktree/checkout-plan.ts';
import { parsePathspec } from '../worktree/pathspec.ts';
import { repositoryPath } from '../worktree/work-tree.ts';
import { manifestCache, type ReadManifest } from './manifest-cache.ts';
import { parentsOf } from './parents.ts';

/** What a commit must have changed. */
export interface ChangeRequest {
  /** Absolute. */
  readonly cwd: string;
  /** Pathspecs; none match every file. */
  readonly paths: readonly string[];
  /** Globs of tensor names; none: any change of a file counts. */
  readonly tensors: readonly string[];
  /** Hold merges against the branch merged into, only. */
  readonly firstParent?: boolean;
}

type Files = ReadonlyMap<string, TreeFile>;
type Differs = (before: TreeFile | undefined, after: TreeFile | undefined) => Promise<boolean>;

const NO_FILES: Files = new Map();
const KEPT_TREES = 8;

/**
 * Whether a commit changed what is asked for. As Git simplifies history, a merge counts when it differs from each of its parents.
 * Blob ids are compared first; a manifest is read only where its blob changed. Errors: `PATH_OUTSIDE`, `PATHSPEC_UNSUPPORTED`, `MANIFEST_CORRUPT`.
 */
export function changeFilter(
  repository: Repository,
  request: ChangeRequest,
): (commit: Commit) => Promise<boolean> {
  const filesOf = matchingFiles(repository, request);
  const differs =
    request.tensors.length === 0
      ? async () => true
      : tensorsDiffer(manifestCache(repository), globMatcher(request.tensors));
  return async commit => {
    const after = await filesOf(commit);
    const all = await parentsOf(repository, commit);
    const parents = request.firstParent ? all.slice(0, 1) : all;
    if (parents.length === 0) return anyDiffers(NO_FILES, after, differs);
    for (const parent of parents)
      if (!(await anyDiffers(await filesOf(parent), after, differs))) return false;
    return true;
  };
}

async function anyDiffers(before: Files, after: Files, differs: Differs): Promise<boolean> {
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    if (!sameFile(old, now) && (await differs(old, now))) return true;
  }
  return false;
}

function tensorsDiffer(readManifest: ReadManifest, matches: (name: string) => boolean): Differs {
  return async (before, after) => {
    if (before?.id === after?.id) return false; // Only the mode.
    return changesTensor(await readManifest(before), await readManifest(after), matches);
  };
}

function changesTensor(
  before: Manifest | undefined,
  after: Manifest | undefined,
  matches: (name: string) => boolean,
): boolean {
  for (const pair of pairTensors(before, after))
    if (matches(pair.name) && !isSameTensor(pair.before, pair.after)) return true;
  return false;
}

/** The files of a commit that the paths name. Where they are plain ones only their part of the tree is read. */
function matchingFiles(repository: Repository, request: ChangeRequest): (commit: Commit) => Promise<Files> {
  const { matches } = parsePathspec(repository, request.cwd, request.paths);
  const places = plainPlaces(repository, request) ?? [''];
  const known = new Map<string, Files>();
  return async ({ tree }) => {
    const found = known.get(tree);
    if (found !== undefined) return found;
    const lists = await Promise.all(places.map(place => repository.history.listTree(tree, place)));
    const files = new Map(
      lists
        .flat()
        .filter(file => matches(file.path))
        .map(file => [file.path, file]),
    );
    known.set(tree, files);
    for (const oldest of known.keys()) if (known.size > KEPT_TREES) known.delete(oldest);
    return files;
  };
}

function plainPlaces(repository: Repository, { cwd, paths }: ChangeRequest): string[] | undefined {
  if (paths.length === 0 || paths.some(path => /[*?[\]{}:]/.test(path))) return undefined;
  return paths.map(path => repositoryPath(repository, cwd, path));
}
