import { createHash } from 'node:crypto';
import { basename, dirname, join, posix } from 'node:path';
import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { isShardIndexPath, parseShardIndex, resolveShards } from '../../formats/safetensors/shard-index.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import type { Repository } from '../repository.ts';
import { readManifestAt, treeOf } from './manifests-at.ts';

/** A model of a commit as a whole: one file, or an index and the shards that it names. */
export interface StoredModel {
  /** In the tree: of the model file, or of the index. */
  readonly path: string;
  /** The index file, of a sharded model. */
  readonly index: Uint8Array | undefined;
  /** By their names relative to the model's folder. */
  readonly files: ReadonlyMap<string, Manifest>;
}

/**
 * The model at a path of a commit or tree; undefined where there is none. An index stands for all its shards, which must fit it.
 * Errors: `SHARD_INDEX_INVALID`, `SHARD_INDEX_MISMATCH`, `MANIFEST_CORRUPT`.
 */
export async function readModelAt(
  repository: Repository,
  commitOrTree: ObjectId,
  path: string,
): Promise<StoredModel | undefined> {
  const tree = await treeOf(repository, commitOrTree);
  if (isShardIndexPath(path)) return readShards(repository, tree, path);
  const manifest = await readManifestAt(repository, tree, path);
  return manifest && { path, index: undefined, files: new Map([[posix.basename(path), manifest]]) };
}

async function readShards(
  repository: Repository,
  tree: ObjectId,
  path: string,
): Promise<StoredModel | undefined> {
  const file = await repository.history.findInTree(tree, path);
  if (file === undefined) return undefined;
  const bytes = await repository.history.readBlob(file.id);
  try {
    const index = parseShardIndex(bytes);
    const files = new Map<string, Manifest>();
    for (const shard of [...new Set(index.values())].sort()) {
      const manifest = await readManifestAt(repository, tree, posix.join(posix.dirname(path), shard));
      if (manifest) files.set(shard, manifest);
    }
    resolveShards(index, new Map([...files].map(([name, { tensors }]) => [name, tensors])));
    return { path, index: bytes, files };
  } catch (error) {
    throw isMgitError(error, 'SHARD_INDEX_MISMATCH', 'SHARD_INDEX_INVALID') ? withPath(error, path) : error;
  }
}

function withPath({ code, message, hint, details }: MgitError, path: string): MgitError {
  return new MgitError(code, `${path}: ${message}`, {
    ...(hint ? { hint } : {}),
    ...(details ? { details } : {}),
  });
}

/** Writes a model's files below `folder` (absolute) and returns the path that stands for it there. Errors: `EXTENT_MISSING`. */
export async function restoreModel(
  { store, ports }: Repository,
  model: StoredModel,
  { folder, ...long }: LongOperation & { readonly folder: string },
): Promise<string> {
  for (const [name, manifest] of model.files) {
    const path = join(folder, name);
    await ports.fs.makeDirectory(dirname(path));
    await store.restoreFile(manifest, path, long);
  }
  const path = join(folder, basename(model.path));
  if (model.index) {
    const file = await ports.fs.open(path, 'write');
    await file.write(model.index, 0).finally(() => file.close());
  }
  return path;
}

/** What a model is, for caches: SHA-256 of its manifest or, where it is sharded, of its index and all manifests. */
export function modelIdentity({ index, files }: StoredModel): string {
  const hash = createHash('sha256');
  if (index) hash.update(createHash('sha256').update(index).digest());
  for (const [name, manifest] of files) {
    if (index) hash.update(`${JSON.stringify(name)}\n`);
    hash.update(manifest.text);
  }
  return hash.digest('hex');
}

/** The paths in the tree of a model's tensors: the model's own, or those of its shards. None where the commit has no such index. */
export async function tensorPaths(
  { history }: Repository,
  commit: CommitId,
  path: string,
): Promise<readonly string[]> {
  if (!isShardIndexPath(path)) return [path];
  const file = await history.findInTree((await history.readCommit(commit)).tree, path);
  if (file === undefined) return [];
  const shards = new Set(parseShardIndex(await history.readBlob(file.id)).values());
  return [...shards].sort().map(shard => posix.join(posix.dirname(path), shard));
}
