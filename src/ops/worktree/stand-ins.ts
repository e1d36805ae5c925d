import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { promisors } from '../../remote/promisor.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { isRegularFile } from '../../store/history/objects/tree-object.ts';
import { checkTreeFile } from '../../store/history/objects/tree-path.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { manifestDigests } from '../../store/manifest/read-manifest.ts';
import { type Attributes, isModel } from '../../store/worktree/attributes.ts';
import { lstat } from '../../store/worktree/compare.ts';
import { readManifestText } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { unfilteredWarning } from './unfiltered.ts';
import { workTreeOf } from './work-tree.ts';

/** How {@link prepareModels} looks at files. */
export interface PrepareOptions {
  readonly attributes: Attributes;
  readonly long: LongOperation;
  /** Fetch every model (`restore` was asked for it), not only those that are written out already. */
  readonly all?: boolean;
}

/**
 * Makes the models among files of a tree ready to be written: what they lack is fetched, all together. In a partial clone a model that is
 * not all here stays the manifest that stands in for it, unless its file is written out now; those paths are returned. Models that Git itself holds
 * are told of (`MODEL_UNFILTERED`). Errors:
 * `TREE_INVALID` for paths that no work tree may hold, `EXTENT_MISSING`, those of fetching.
 */
export async function prepareModels(
  repository: Repository,
  files: readonly TreeFile[],
  options: PrepareOptions,
): Promise<ReadonlySet<string>> {
  const incomplete: Incomplete[] = [];
  const unfiltered: string[] = [];
  for (const file of files) {
    checkTreeFile(file);
    if (!isModel(await options.attributes.of(file.path))) continue;
    const text = await readManifestText(repository, file);
    if (text === undefined && isRegularFile(file) && (await repository.history.blobSize(file.id)) > 0)
      unfiltered.push(file.path);
    if (text === undefined || (await repository.store.missing(manifestDigests(text))).length === 0) continue;
    incomplete.push({ path: file.path, digests: [...manifestDigests(text)] });
  }
  if (unfiltered.length > 0) options.long.onEvent?.(unfilteredWarning(unfiltered));
  if (incomplete.length === 0) return new Set();
  const left = options.all ? [] : await leftAsManifests(repository, incomplete);
  await fetchModels(
    repository,
    incomplete.filter(({ path }) => !left.includes(path)),
    options.long,
  );
  return new Set(left);
}

/** A model of which something is not here. */
interface Incomplete {
  readonly path: string;
  readonly digests: readonly Digest[];
}

async function leftAsManifests(
  repository: Repository,
  models: readonly Incomplete[],
): Promise<readonly string[]> {
  if ((await promisors(repository.history)).length === 0) return [];
  const left: string[] = [];
  for (const { path } of models) if (!(await isWrittenOut(repository, path))) left.push(path);
  return left;
}

async function fetchModels(
  { store }: Repository,
  models: readonly Incomplete[],
  long: LongOperation,
): Promise<void> {
  try {
    await store.require(
      models.flatMap(({ digests }) => digests),
      long,
    );
  } catch (error) {
    if (!isMgitError(error, 'EXTENT_MISSING')) throw error;
    for (const { path, digests } of models) {
      const missing = await store.missing(digests);
      if (missing.length > 0) throw extentsMissing(path, missing);
    }
    throw error;
  }
}

function extentsMissing(path: string, missing: readonly Digest[]): MgitError {
  return new MgitError('EXTENT_MISSING', `${path}: parts of the model are not in this repository yet`, {
    hint: 'get them with "mgit fetch"',
    details: { path, missing },
  });
}

async function isWrittenOut(repository: Repository, path: string): Promise<boolean> {
  const stat = await lstat(await workTreeOf(repository), path);
  return stat?.kind === 'file' && !(await standsIn(repository, path));
}

/** Whether the file at a path of the work tree is a manifest in place of its model. */
export async function standsIn(repository: Repository, path: string): Promise<boolean> {
  const stat = await lstat(await workTreeOf(repository), path);
  if (stat?.kind !== 'file') return false;
  const open = await repository.ports.fs.open(`${repository.workTree}/${path}`, 'read');
  try {
    const head = new Uint8Array(64);
    return looksLikeManifest(head.subarray(0, await open.read(head, 0)));
  } finally {
    await open.close();
  }
}
