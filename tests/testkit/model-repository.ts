import { join } from 'node:path';
import type { CommitId, Digest } from '../../src/base/ids.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import type { CheckpointLayout } from '../../src/formats/checkpoint.ts';
import { safetensors } from '../../src/formats/safetensors/format.ts';
import type { Repository } from '../../src/ops/repository.ts';
import type { History } from '../../src/store/history/history.ts';
import { initHistory } from '../../src/store/history/init.ts';
import type { Manifest } from '../../src/store/manifest/manifest.ts';
import { parseManifest } from '../../src/store/manifest/read-manifest.ts';
import { openTensorStore } from '../../src/store/open-tensor-store.ts';
import type { Recipe } from '../../src/store/packs/records.ts';
import { safetensorsFile } from './safetensors-file.ts';
import { addToBytes, collect, type FileTensor, modelFile, noise } from './stores.ts';

/** A repository whose commits are made without a work tree: what transfers need, and no more. */
export interface ModelRepository extends Repository {
  /** Commits a model of the given tensors on a branch, which becomes HEAD's. */
  commitModel(
    branch: string,
    tensors: readonly FileTensor[],
    parents?: readonly CommitId[],
  ): Promise<CommitId>;
  /** Commits a merge whose only tensor is a recipe on the first tensor of its first parent. */
  commitRecipe(branch: string, parents: readonly CommitId[], input: FileTensor): Promise<CommitId>;
  /** The bytes of the model in a commit, read from the local store. */
  modelBytes(commit: CommitId): Promise<Buffer>;
  manifestAt(commit: CommitId): Promise<Manifest>;
}

/** Tensors that no codec shrinks. */
export function noiseTensor(name: string, seed: number, length = 100_000): FileTensor {
  return { name, dtype: 'U8', shape: [length], data: noise(length, seed) };
}

/** The file that tensors are committed as. By default of a format of no name, which a work tree cannot compare. */
export type MakeFile = (
  tensors: readonly FileTensor[],
) => Promise<{ readonly bytes: Uint8Array; readonly layout: CheckpointLayout }>;

/** Makes a repository in `directory` (absolute). */
export async function modelRepository(
  ports: Ports,
  directory: string,
  file?: MakeFile,
): Promise<ModelRepository> {
  const history = await initHistory({ ports, directory, initialBranch: 'main' });
  return modelRepositoryOf(ports, history, file);
}

/** Works on a history that is open already. */
export function modelRepositoryOf(
  ports: Ports,
  history: History,
  file: MakeFile = async tensors => modelFile(tensors),
): ModelRepository {
  const mgitDirectory = join(history.commonDirectory, 'mgit');
  const store = openTensorStore({ ports, directory: mgitDirectory, evaluateRecipe: addToBytes });
  const repository: Repository = {
    ports,
    history,
    store,
    mgitDirectory,
    workTree: history.workTree ?? '',
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await history.close();
    },
  };
  const commitManifest = async (branch: string, manifest: Manifest, parents: readonly CommitId[]) => {
    const id = await history.writeBlob(manifest.text);
    const attributes = await history.writeBlob(Buffer.from('*.bin filter=mgit diff=mgit merge=mgit -text\n'));
    const tree = await history.writeTree([
      { path: '.gitattributes', mode: 0o100644, id: attributes },
      { path: 'model.bin', mode: 0o100644, id },
    ]);
    const commit = await history.writeCommit({ tree, parents, message: `Model on ${branch}\n` });
    await history.updateRefs([{ ref: `refs/heads/${branch}`, target: commit }], 'commit');
    await history.setHead({ branch: `refs/heads/${branch}` }, 'commit');
    return commit;
  };
  const manifestAt = async (commit: CommitId): Promise<Manifest> => {
    const { tree } = await history.readCommit(commit);
    const file = await history.findInTree(tree, 'model.bin');
    if (!file) throw new Error(`${commit} holds no model`);
    return parseManifest(await history.readBlob(file.id));
  };
  return {
    ...repository,
    manifestAt,
    commitModel: async (branch, tensors, parents = []) => {
      const { bytes, layout } = await file(tensors);
      const { manifest } = await store.addFile(memoryByteSource(bytes), layout, { coding: 'raw' });
      return commitManifest(branch, manifest, parents);
    },
    commitRecipe: async (branch, parents, input) => {
      const merged = { ...input, data: input.data.map(byte => byte + 1) };
      const { bytes, layout } = modelFile([merged]);
      const manifest = await store.hashFile(memoryByteSource(bytes), layout);
      const writer = store.writer({ coding: 'raw' });
      for (const extent of manifest.extents) {
        const data = bytes.subarray(extent.offset, extent.offset + extent.length);
        if (extent.role === 'skeleton') await writer.addExtent([data], data.length);
        else
          await writer.addRecipe(
            extent.digest,
            addOne(extentDigest(await manifestAt(parents[0] as CommitId)), data.length),
          );
      }
      await writer.finish();
      return commitManifest(branch, manifest, parents);
    },
    modelBytes: async commit => {
      const { extents } = await manifestAt(commit);
      return Buffer.concat(await Promise.all(extents.map(extent => collect(store.read(extent.digest)))));
    },
  };
}

function extentDigest(manifest: Manifest): Digest {
  const extent = manifest.extents.find(({ role }) => role === 'tensor');
  if (!extent) throw new Error('the parent has no tensor');
  return extent.digest;
}

function addOne(digest: Digest, length: number): Recipe {
  return {
    method: 'test-add',
    kernels: 1,
    dtype: 'U8',
    length,
    inputs: [{ digest, dtype: 'U8', length }],
    parameters: { add: 1 },
  };
}

/** A file that every command can read, so that it can be told from others whatever its times are. */
export async function safetensorsModel(tensors: readonly FileTensor[]) {
  const bytes = safetensorsFile(tensors);
  return { bytes, layout: await safetensors.parse(memoryByteSource(bytes)) };
}
