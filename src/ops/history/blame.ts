import { globMatcher } from '../../base/globs.ts';
import type { CommitId } from '../../base/ids.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Commit, TreeFile } from '../../store/history/history.ts';
import type { ManifestTensor } from '../../store/manifest/manifest.ts';
import type { Repository } from '../repository.ts';
import { type BlameRequest, type BlameStart, readBlameStart } from './blame-start.ts';
import { formerPath } from './former-path.ts';
import { manifestCache, type ReadManifest } from './manifest-cache.ts';
import { parentsOf } from './parents.ts';

/** The commit that a tensor comes from. */
export interface BlamedTensor {
  readonly tensor: ManifestTensor;
  /** Undefined: it is not committed yet. */
  readonly commit: Commit | undefined;
  /** The file's path in that commit: another one before a rename. */
  readonly path: string;
}

/**
 * Finds for each tensor the commit that last changed it. A tensor that equals the one of a parent is passed on to it, to the first such
 * parent of several, so that a merge is blamed for what equals no parent. Renamed files are followed. In the order of the manifest.
 * Errors: `NOT_A_MODEL`, `PATH_UNKNOWN`, `REVISION_UNKNOWN`, `MANIFEST_CORRUPT`.
 */
export async function blameFile(
  repository: Repository,
  request: BlameRequest,
): Promise<readonly BlamedTensor[]> {
  const matches = request.tensors.length === 0 ? () => true : globMatcher(request.tensors);
  const start = await readBlameStart(repository, request);
  const tensors = start.manifest.tensors.filter(tensor => matches(tensor.name));
  const search = searchOf(repository, start, tensors);
  if (start.commit === undefined) await passOn(search, start, await commitsOf(repository, start.parents));
  const include = start.commit === undefined ? start.parents : [start.commit.id];
  const walk = include.length === 0 ? [] : repository.history.walk({ include });
  for await (const commit of walk) {
    request.signal?.throwIfAborted();
    if (search.open === 0) break;
    for (const [path, names] of search.suspects.get(commit.id) ?? [])
      await examine(search, { commit, path, names });
    search.suspects.delete(commit.id);
  }
  return tensors.map(tensor => ({ tensor, ...(search.blamed.get(tensor.name) ?? uncommitted(start.path)) }));
}

function uncommitted(path: string): { readonly commit: undefined; readonly path: string } {
  return { commit: undefined, path };
}

/** By path: the file may have had several. */
type Suspicion = Map<string, ReadonlySet<string>>;

interface Search {
  readonly repository: Repository;
  readonly readManifest: ReadManifest;
  readonly tensors: ReadonlyMap<string, ManifestTensor>;
  readonly suspects: Map<CommitId, Suspicion>;
  readonly blamed: Map<string, { readonly commit: Commit; readonly path: string }>;
  /** Tensors that no commit is blamed for yet. */
  open: number;
}

function searchOf(repository: Repository, start: BlameStart, tensors: readonly ManifestTensor[]): Search {
  const names = tensors.map(tensor => tensor.name);
  const suspects = new Map<CommitId, Suspicion>();
  if (start.commit !== undefined) suspects.set(start.commit.id, new Map([[start.path, new Set(names)]]));
  return {
    repository,
    readManifest: manifestCache(repository),
    tensors: new Map(tensors.map(tensor => [tensor.name, tensor])),
    suspects,
    blamed: new Map(),
    open: tensors.length,
  };
}

interface Suspect {
  readonly commit: Commit;
  readonly path: string;
  readonly names: ReadonlySet<string>;
}

async function examine(search: Search, { commit, path, names }: Suspect): Promise<void> {
  const { history } = search.repository;
  const own = await history.findInTree(commit.tree, path);
  const parents = await parentsOf(search.repository, commit);
  const open = await passTo(search, parents, { path, names, id: own?.id, tree: commit.tree });
  for (const name of open) search.blamed.set(name, { commit, path });
  search.open -= open.size;
}

/** The work tree itself is never blamed: what equals no parent is not committed yet. */
async function passOn(search: Search, start: BlameStart, parents: readonly Commit[]): Promise<void> {
  const names = new Set(search.tensors.keys());
  const open = await passTo(search, parents, { path: start.path, names, id: undefined, tree: undefined });
  search.open -= open.size;
}

interface Child {
  readonly path: string;
  readonly names: ReadonlySet<string>;
  readonly id: TreeFile['id'] | undefined;
  /** Undefined for the work tree. */
  readonly tree: Commit['tree'] | undefined;
}

/** Hands each tensor to the first parent that has the same; returns the names of those that equal no parent. */
async function passTo(
  search: Search,
  parents: readonly Commit[],
  child: Child,
): Promise<ReadonlySet<string>> {
  const unchanged = await firstUnchanged(search, parents[0], child);
  if (unchanged !== undefined) {
    suspect(search, unchanged, { path: child.path, names: child.names });
    return new Set();
  }
  const open = new Set(child.names);
  for (const parent of parents) {
    if (open.size === 0) break;
    const file = await fileIn(search, parent, { ...child, names: open });
    if (file === undefined) continue;
    const same = file.id === child.id ? [...open] : await sameTensors(search, file, open);
    if (same.length > 0) suspect(search, parent.id, { path: file.path, names: new Set(same) });
    for (const name of same) open.delete(name);
  }
  return open;
}

async function fileIn(search: Search, parent: Commit, child: Child): Promise<TreeFile | undefined> {
  const { repository, readManifest, tensors } = search;
  const found = await repository.history.findInTree(parent.tree, child.path);
  if (found !== undefined || child.tree === undefined) return found;
  return formerPath(repository, readManifest, {
    before: parent.tree,
    after: child.tree,
    tensors: [...child.names].flatMap(name => tensors.get(name) ?? []),
  });
}

async function sameTensors(
  { readManifest, tensors }: Search,
  file: TreeFile,
  names: ReadonlySet<string>,
): Promise<string[]> {
  const manifest = await readManifest(file);
  const same = (manifest?.tensors ?? []).filter(
    tensor => names.has(tensor.name) && isSameTensor(tensor, tensors.get(tensor.name)),
  );
  return same.map(tensor => tensor.name);
}

/** Most commits change another file: then all tensors go on at once, however many they are. */
async function firstUnchanged(
  { repository }: Search,
  parent: Commit | undefined,
  { path, id }: Child,
): Promise<CommitId | undefined> {
  if (parent === undefined || id === undefined) return undefined;
  const file = await repository.history.findInTree(parent.tree, path);
  return file?.id === id ? parent.id : undefined;
}

function suspect(
  search: Search,
  commit: CommitId,
  { path, names }: { readonly path: string; readonly names: ReadonlySet<string> },
): void {
  const paths: Suspicion = search.suspects.get(commit) ?? new Map();
  const known = paths.get(path);
  paths.set(path, known === undefined ? names : new Set([...known, ...names]));
  search.suspects.set(commit, paths);
}

function commitsOf({ history }: Repository, ids: readonly CommitId[]): Promise<Commit[]> {
  return Promise.all(ids.map(id => history.readCommit(id)));
}
