import { posix } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, ObjectId } from '../../base/ids.ts';
import { memoryByteSource } from '../../formats/byte-source.ts';
import type { ByteSource } from '../../formats/checkpoint.ts';
import { storedBytes } from '../../store/stored-bytes.ts';
import { type StoredModel, storedModel } from '../content/stored-model.ts';
import { listModels, readManifestBlob } from '../history/manifests-at.ts';
import { readModelAt } from '../history/stored-model.ts';
import type { Repository } from '../repository.ts';
import { readEncoded } from './read-encoded.ts';
import type { ReadableFile, ReadableModel, ReadableTensor } from './readable-model.ts';

/**
 * A model of a commit, straight from the packs: the file at `path`, or the shards of an index; without a path, the only model that there is. Errors:
 * `NOT_A_MODEL`, `MODEL_AMBIGUOUS`, `REVISION_UNKNOWN`, `SHARD_INDEX_INVALID`, `SHARD_INDEX_MISMATCH`; on reading `EXTENT_MISSING`, `EXTENT_CORRUPT`.
 */
export async function openCommitModel(
  repository: Repository,
  revision: string,
  path?: string,
): Promise<ReadableModel> {
  const { history, store } = repository;
  const { tree } = await history.readCommit(await history.resolveCommit(revision));
  const chosen = path ?? (await onlyModel(repository, tree, revision));
  const model = await readModelAt(repository, tree, chosen);
  if (!model) throw new MgitError('NOT_A_MODEL', `there is no model at ${revision}:${chosen}`);
  const files = [...model.files].map(([name, manifest]) => storedModel(repository, name, manifest));
  const tensors = files.flatMap(tensorsInFileOrder);
  for (const { manifest } of files) await store.require(manifest.skeleton.map(({ digest }) => digest));
  const encoded = await readEncoded(
    files.map(({ manifest }) => ({
      format: manifest.format,
      source: storedBytes(store, manifest),
      openBeside: file => openInTree(repository, tree, posix.join(posix.dirname(chosen), file)),
    })),
  );
  return {
    label: `${revision}:${chosen}`,
    tensors: [...tensors, ...encoded],
    file: files[0] && !model.index ? fileOf(repository, files[0]) : undefined,
    prepare: async (wanted, long) => {
      const names = new Set(wanted.map(({ name }) => name));
      await store.require(
        tensors.flatMap(({ name, digest }) => (names.has(name) ? [digest] : [])),
        long,
      );
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function tensorsInFileOrder({
  manifest,
  tensors,
}: StoredModel): readonly (ReadableTensor & { readonly digest: Digest })[] {
  return tensors
    .map(({ name, dtype, shape, slices }, index) => {
      const described = manifest.tensors.at(index);
      return {
        name,
        dtype,
        shape,
        bytes: slices,
        offset: described?.offset ?? 0,
        digest: described?.extent.digest as Digest,
      };
    })
    .toSorted((left, right) => left.offset - right.offset);
}

function fileOf({ store }: Repository, { manifest, size, slices }: StoredModel): ReadableFile {
  return {
    format: manifest.format,
    size,
    bytes: async function* (long: LongOperation) {
      await store.require(
        manifest.extents.map(({ digest }) => digest),
        long,
      );
      yield* slices(long);
    },
  };
}

/** A model, or a file that is versioned as it is. */
async function openInTree(
  { history, store }: Repository,
  tree: ObjectId,
  path: string,
): Promise<ByteSource | undefined> {
  const file = await history.findInTree(tree, path);
  if (file === undefined) return undefined;
  const manifest = await readManifestBlob({ history }, file);
  return manifest ? storedBytes(store, manifest) : memoryByteSource(await history.readBlob(file.id));
}

async function onlyModel(repository: Repository, tree: ObjectId, revision: string): Promise<string> {
  const paths: string[] = [];
  for await (const { path, manifest } of listModels(repository, tree))
    if (manifest.format !== 'onnx-data') paths.push(path);
  const [first] = paths;
  if (first === undefined) throw new MgitError('NOT_A_MODEL', `${revision} holds no model`);
  if (paths.length === 1) return first;
  throw new MgitError(
    'MODEL_AMBIGUOUS',
    `${revision} holds ${paths.length} models: ${paths.slice(0, 5).join(', ')}`,
    { hint: `name one: ${revision}:${first}` },
  );
}
