import { dirname } from 'node:path';
import type { FileSystem, OpenFile } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import type { ByteSource } from '../../formats/checkpoint.ts';
import { detectFormat } from '../../formats/registry.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { ParameterSpec } from '../architectures/architecture.ts';
import { narrowElements } from './elements.ts';
import { findTensor, type Weights } from './load-weights.ts';

const COPY_SLICE = 4 << 20;

/** A file like `modelPath`, written to `outputPath`, in which the `changed` parameters have new values. */
export interface SaveRequest {
  readonly modelPath: string;
  readonly outputPath: string;
  readonly changed: readonly ParameterSpec[];
  readonly weights: Weights;
}

/**
 * Writes new values into a copy of a model file: every other byte stays as it was, and so do dtypes, order and metadata.
 * Temporary file, fsync, rename; the two paths may be the same.
 */
export async function saveWeights(fs: FileSystem, request: SaveRequest): Promise<void> {
  const { modelPath, outputPath } = request;
  await using source = await openByteSource(fs, modelPath);
  await replaceFile(fs, outputPath, async file => {
    await copyBytes(source, file);
    await writeChanged(source, file, request);
    await source.checkUnchanged();
  });
}

async function copyBytes(source: ByteSource, file: OpenFile): Promise<void> {
  for (let offset = 0; offset < source.size; offset += COPY_SLICE)
    await file.write(await source.read(offset, Math.min(COPY_SLICE, source.size - offset)), offset);
}

async function writeChanged(source: ByteSource, file: OpenFile, request: SaveRequest): Promise<void> {
  const layout = await (await detectFormat(source)).parse(source);
  const kernels = await loadKernels();
  for (const parameter of request.changed) {
    const view = findTensor(layout, parameter, request.modelPath);
    const tensor = request.weights.get(parameter.name);
    if (tensor) await file.write(narrowElements(tensor.data, view, kernels), view.offset);
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
