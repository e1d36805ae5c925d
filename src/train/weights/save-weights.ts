import { dirname, join } from 'node:path';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import type { ByteSource } from '../../formats/checkpoint.ts';
import { type OpenModelFile, openModel } from '../../formats/open-model.ts';
import { isShardIndexPath } from '../../formats/safetensors/shard-index.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ParameterSpec } from '../architectures/architecture.ts';
import { narrowElements } from './elements.ts';
import type { Weights } from './load-weights.ts';

const COPY_SLICE = 4 << 20;

/** A model like the one at `modelPath`, written to `outputPath`, in which the `changed` parameters have new values. */
export interface SaveRequest {
  readonly modelPath: string;
  readonly outputPath: string;
  readonly changed: readonly ParameterSpec[];
  readonly weights: Weights;
}

/**
 * Writes new values into a copy of a model: every other byte stays as it was, and so do dtypes, order and metadata; of a sharded model the
 * shards, and then the index, too. Temporary file, fsync, rename for each; the two paths may be the same.
 */
export async function saveWeights(fs: FileSystem, request: SaveRequest): Promise<void> {
  const { modelPath, outputPath } = request;
  await using model = await openModel(fs, modelPath);
  const isSharded = isShardIndexPath(modelPath);
  for (const file of model.files) {
    const path = isSharded ? join(dirname(outputPath), file.name) : outputPath;
    await fs.makeDirectory(dirname(path));
    await replaceFile(fs, path, async output => {
      await copyBytes(file.source, output);
      await writeChanged(file, output, request);
      await file.source.checkUnchanged();
    });
  }
  if (!isSharded) return;
  const index = await fs.readFile(modelPath);
  await replaceFile(fs, outputPath, output => output.write(index, 0));
}

async function copyBytes(source: ByteSource, file: OpenFile): Promise<void> {
  for (let offset = 0; offset < source.size; offset += COPY_SLICE)
    await file.write(await source.read(offset, Math.min(COPY_SLICE, source.size - offset)), offset);
}

async function writeChanged(
  { layout }: OpenModelFile,
  output: OpenFile,
  { changed, weights }: SaveRequest,
): Promise<void> {
  const kernels = await loadKernels();
  const names = new Set(changed.map(({ name }) => name));
  for (const view of layout.tensors) {
    const tensor = names.has(view.name) ? weights.get(view.name) : undefined;
    if (tensor) await output.write(narrowElements(tensor.data, view, kernels), view.offset);
  }
}

/** Writes a whole new file in place of `path`: nobody ever sees half of it, and it is durable when this returns. */
export async function replaceFile(
  fs: FileSystem,
  path: string,
  write: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.mgit-new`;
  const file = await fs.open(temporary, 'write');
  try {
    await write(file);
    await file.sync();
  } catch (error) {
    await file.close();
    await fs.removeFile(temporary);
    throw error;
  }
  await file.close();
  await fs.rename(temporary, path);
  await fs.syncDirectory(dirname(path));
}
