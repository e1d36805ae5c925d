import { posix } from 'node:path';
import { isMgitError, type MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { isShardIndexPath } from '../../formats/safetensors/shard-index.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { readModelAt } from './stored-model.ts';
import { filesOf } from './tree-changes.ts';

/**
 * What is wrong with the sharded models of a tree: an index that its shards do not fit. Models that are the same in one of the commits
 * `besides` are as sound as they were there, and not looked at. The errors are `SHARD_INDEX_MISMATCH` and `SHARD_INDEX_INVALID`.
 */
export async function brokenShards(
  repository: Repository,
  tree: ObjectId,
  besides: readonly CommitId[],
): Promise<readonly MgitError[]> {
  const files = await repository.history.listTree(tree);
  const indexes = files.filter(({ path }) => isShardIndexPath(path));
  if (indexes.length === 0) return [];
  const others = await Promise.all(besides.map(commit => filesOf(repository, commit)));
  const broken: MgitError[] = [];
  for (const { path } of indexes) {
    const now = modelFolder(files, path);
    if (others.some(other => modelFolder(other, path) === now)) continue;
    const error = await problemOf(repository, tree, path);
    if (error) broken.push(error);
  }
  return broken;
}

/** The index and all safetensors files below its folder, as one text to compare. */
function modelFolder(files: readonly TreeFile[], index: string): string {
  const folder = posix.dirname(index);
  const isInside = (path: string): boolean => folder === '.' || path.startsWith(`${folder}/`);
  return files
    .filter(({ path }) => path === index || (path.endsWith('.safetensors') && isInside(path)))
    .map(({ path, id }) => `${id} ${path}`)
    .join('\n');
}

async function problemOf(
  repository: Repository,
  tree: ObjectId,
  path: string,
): Promise<MgitError | undefined> {
  try {
    await readModelAt(repository, tree, path);
    return undefined;
  } catch (error) {
    if (isMgitError(error, 'SHARD_INDEX_MISMATCH', 'SHARD_INDEX_INVALID')) return error;
    throw error;
  }
}
