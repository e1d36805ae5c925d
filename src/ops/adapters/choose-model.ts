import { posix } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import { isShardIndexPath } from '../../formats/safetensors/shard-index.ts';
import { listModels } from '../history/manifests-at.ts';
import { readModelAt, type StoredModel } from '../history/stored-model.ts';
import type { Repository } from '../repository.ts';

/**
 * The model of a tree: at `path`, or the only one there is; shards count as their index. Errors: `MODEL_MISSING`, `MODEL_AMBIGUOUS`, those of
 * reading a sharded model.
 */
export async function chooseModel(
  repository: Repository,
  tree: ObjectId,
  path: string | undefined,
): Promise<StoredModel> {
  const model = await readModelAt(repository, tree, path ?? (await onlyModel(repository, tree)));
  if (model) return model;
  throw new MgitError('MODEL_MISSING', `HEAD has no model at ${path}`, {
    hint: '"git ls-files" lists what it has; for a sharded model, name its index file',
  });
}

async function onlyModel(repository: Repository, tree: ObjectId): Promise<string> {
  const single = new Set<string>();
  for await (const { path } of listModels(repository, tree)) single.add(path);
  const indexes: string[] = [];
  for (const { path } of await repository.history.listTree(tree)) {
    if (!isShardIndexPath(path)) continue;
    const model = await readModelAt(repository, tree, path);
    if (!model) continue;
    indexes.push(path);
    for (const name of model.files.keys()) single.delete(posix.join(posix.dirname(path), name));
  }
  const [only, ...others] = [...single, ...indexes].sort();
  if (only === undefined)
    throw new MgitError('MODEL_MISSING', 'HEAD has no model', {
      hint: 'commit the model first that the adapter was trained on',
    });
  if (others.length === 0) return only;
  throw new MgitError('MODEL_AMBIGUOUS', `HEAD has several models: ${[only, ...others].join(', ')}`, {
    hint: 'name the one that the adapter was trained on with --model <path>',
    details: { paths: [only, ...others] },
  });
}
