import { globMatcher } from '../../base/globs.ts';
import type { ObjectId } from '../../base/ids.ts';
import { inOrder } from '../../base/in-order.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Commit, TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { differingPairs } from '../../store/manifest/pair-tensors.ts';
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
  readonly signal?: AbortSignal;
}

type Files = ReadonlyMap<string, TreeFile>;
type Differs = (before: TreeFile | undefined, after: TreeFile | undefined) => Promise<boolean>;

const NO_FILES: Files = new Map();
/** Commits whose trees are read at a time, beside their parents'. */
const READ_AHEAD = 16;
const KEPT_TREES = 2 * READ_AHEAD;

/**
 * Whether a commit changed what is asked for. As Git simplifies history, a merge counts when it differs from each of its parents.
 * Blob ids are compared first; a manifest is read only where its blob changed. Errors: `PATH_OUTSIDE`, `PATHSPEC_UNSUPPORTED`, `MANIFEST_CORRUPT`.
 */
export function changeFilter(
  repository: Repository,
  request: ChangeRequest,
): (commit: Commit) => Promise<boolean> {
  const read = versionsReader(repository, request);
  const changed = versionsFilter(repository, request);
  return async commit => changed(await read(commit));
}

/** Those of the commits that {@link changeFilter} accepts. Trees are read ahead, manifests one pair at a time. */
export async function* onlyChanging(
  repository: Repository,
  commits: AsyncIterable<Commit>,
  request: ChangeRequest,
): AsyncGenerator<Commit> {
  const read = versionsReader(repository, request);
  const changed = versionsFilter(repository, request);
  for await (const group of groupsOf(commits, READ_AHEAD))
    for await (const versions of inOrder(group, READ_AHEAD, read)) {
      request.signal?.throwIfAborted();
      if (await changed(versions)) yield versions.commit;
    }
}

async function* groupsOf<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<readonly Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The files of a commit and of each parent that it is held against. */
interface Versions {
  readonly commit: Commit;
  readonly after: Files;
  readonly before: readonly Files[];
}

function versionsReader(
  repository: Repository,
  request: ChangeRequest,
): (commit: Commit) => Promise<Versions> {
  const filesOf = matchingFiles(repository, request);
  return async commit => {
    const all = await parentsOf(repository, commit);
    const parents = request.firstParent ? all.slice(0, 1) : all;
    const [after, ...before] = await Promise.all([commit, ...parents].map(filesOf));
    return { commit, after: after ?? NO_FILES, before: before.length === 0 ? [NO_FILES] : before };
  };
}

function versionsFilter(
  repository: Repository,
  { tensors }: ChangeRequest,
): (versions: Versions) => Promise<boolean> {
  const differs =
    tensors.length === 0 ? async () => true : tensorsDiffer(manifestCache(repository), globMatcher(tensors));
  return async ({ after, before }) => {
    for (const files of before) if (!(await anyDiffers(files, after, differs))) return false;
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
  for (const pair of differingPairs(before, after))
    if (matches(pair.name) && !isSameTensor(pair.before, pair.after)) return true;
  return false;
}

/** The files of a commit that the paths name. Where they are plain ones only their part of the tree is read. */
function matchingFiles(repository: Repository, request: ChangeRequest): (commit: Commit) => Promise<Files> {
  const { matches } = parsePathspec(repository, request.cwd, request.paths);
  const places = plainPlaces(repository, request) ?? [''];
  const known = new Map<string, Promise<Files>>();
  const read = async (tree: ObjectId): Promise<Files> => {
    const lists = await Promise.all(places.map(place => repository.history.listTree(tree, place)));
    const files = lists.flat().filter(file => matches(file.path));
    return new Map(files.map(file => [file.path, file]));
  };
  return ({ tree }) => {
    const reading = known.get(tree) ?? read(tree);
    known.set(tree, reading);
    for (const oldest of known.keys()) if (known.size > KEPT_TREES) known.delete(oldest);
    return reading;
  };
}

function plainPlaces(repository: Repository, { cwd, paths }: ChangeRequest): string[] | undefined {
  if (paths.length === 0 || paths.some(path => /[*?[\]{}:]/.test(path))) return undefined;
  return paths.map(path => repositoryPath(repository, cwd, path));
}
