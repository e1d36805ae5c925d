import { basename, dirname, join } from 'node:path';
import type { FileSystem } from '../base/ports/file-system.ts';
import { type FileByteSource, openByteSource } from './byte-source.ts';
import type { CheckpointLayout, TensorView } from './checkpoint.ts';
import { detectFormat } from './registry.ts';
import { isShardIndexPath, parseShardIndex, resolveShards } from './safetensors/shard-index.ts';

/** One file of a model: the model itself, or a shard. */
export interface OpenModelFile {
  /** Relative to the model's folder, with `/`. */
  readonly name: string;
  readonly source: FileByteSource;
  readonly layout: CheckpointLayout;
}

/** A tensor and the file that holds it. */
export interface OpenTensor {
  readonly file: OpenModelFile;
  readonly view: TensorView;
}

/** A model on disk as a whole, in one file or in shards. Dispose it to close its files. */
export interface OpenModel extends AsyncDisposable {
  /** Files that hold tensors, by name. */
  readonly files: readonly OpenModelFile[];
  readonly tensors: ReadonlyMap<string, OpenTensor>;
  /** Errors: `FILE_CHANGED`. */
  checkUnchanged(): Promise<void>;
}

/** PyTorch's shards have an index of the same form. */
const INDEX_PATH = /\.(?:safetensors|bin)\.index\.json$/;

/**
 * Opens a model file, or all shards that an index file (`*.safetensors.index.json`, `*.bin.index.json`) names. `path` is absolute. Errors: `SHARD_INDEX_INVALID`,
 * `SHARD_INDEX_MISMATCH`, those of the file system and of the formats.
 */
export async function openModel(fs: FileSystem, path: string): Promise<OpenModel> {
  const files: OpenModelFile[] = [];
  const close = async (): Promise<void> => {
    for (const { source } of files) await source[Symbol.asyncDispose]();
  };
  try {
    const index = INDEX_PATH.test(path) ? parseShardIndex(await fs.readFile(path)) : undefined;
    const names = index ? [...new Set(index.values())].sort() : [basename(path)];
    for (const name of names) files.push(await openFile(fs, dirname(path), name));
    return {
      files,
      tensors: index ? shardedTensors(index, files) : singleTensors(files),
      checkUnchanged: async () => {
        for (const { source } of files) await source.checkUnchanged();
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The files of a model on disk, relative to its folder: itself, or its index and the shards that it names. */
export async function modelFileNames(fs: FileSystem, path: string): Promise<readonly string[]> {
  if (!isShardIndexPath(path)) return [basename(path)];
  return [...new Set(parseShardIndex(await fs.readFile(path)).values())].sort().concat(basename(path));
}

async function openFile(fs: FileSystem, folder: string, name: string): Promise<OpenModelFile> {
  const source = await openByteSource(fs, join(folder, name));
  try {
    return { name, source, layout: await (await detectFormat(source)).parse(source) };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

function singleTensors(files: readonly OpenModelFile[]): OpenModel['tensors'] {
  return new Map(
    files.flatMap(file => file.layout.tensors.map(view => [view.name, { file, view }] as const)),
  );
}

function shardedTensors(
  index: ReadonlyMap<string, string>,
  files: readonly OpenModelFile[],
): OpenModel['tensors'] {
  const byName = new Map(files.map(file => [file.name, file]));
  const resolved = resolveShards(index, new Map(files.map(({ name, layout }) => [name, layout.tensors])));
  const tensors = new Map<string, OpenTensor>();
  for (const [name, { shard, view }] of resolved) {
    const file = byName.get(shard);
    if (file) tensors.set(name, { file, view });
  }
  return tensors;
}
