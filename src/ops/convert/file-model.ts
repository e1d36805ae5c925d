import { basename, dirname, join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { type FileByteSource, openByteSource } from '../../formats/byte-source.ts';
import { type OpenTensor, openModel } from '../../formats/open-model.ts';
import { elementsOf } from '../../tensor/view-elements.ts';
import { viewSpan } from '../../tensor/view-span.ts';
import { readEncoded } from './read-encoded.ts';
import type { ReadableModel, ReadableTensor } from './readable-model.ts';

const SLICE_BYTES = 4 * 1024 * 1024;

/**
 * A model on disk, in one file or, by its index, in shards. `path` is absolute. Errors: those of the file system and the formats; on reading
 * `FILE_CHANGED`, `TENSOR_TOO_LARGE`.
 */
export async function openFileModel(fs: FileSystem, path: string): Promise<ReadableModel> {
  const model = await openModel(fs, path);
  const [file, ...shards] = model.files;
  const plain = inFileOrder([...model.tensors.values()]).map(readable);
  const encoded = await readEncoded(
    model.files.map(({ layout, source }) => ({
      format: layout.format,
      source,
      openBeside: file => openIfThere(fs, join(dirname(path), file)),
    })),
  );
  return {
    label: basename(path),
    tensors: [...plain, ...encoded],
    file:
      file && shards.length === 0 && file.name === basename(path)
        ? {
            format: file.layout.format,
            size: file.layout.size,
            bytes: long => fileRange(file.source, { offset: 0, length: file.source.size }, long),
          }
        : undefined,
    prepare: async () => {},
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function openIfThere(fs: FileSystem, path: string): Promise<FileByteSource | undefined> {
  return openByteSource(fs, path).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  });
}

function inFileOrder(tensors: readonly OpenTensor[]): readonly OpenTensor[] {
  return tensors.toSorted(
    (left, right) =>
      (left.file.name < right.file.name ? -1 : left.file.name > right.file.name ? 1 : 0) ||
      left.view.offset - right.view.offset,
  );
}

function readable({ file, view }: OpenTensor): ReadableTensor {
  const { name, dtype, shape, offset } = view;
  return {
    name,
    dtype,
    shape,
    bytes: long => elementsOf(view, fileRange(file.source, { offset, length: viewSpan(view) }, long)),
  };
}

/** Errors: `FILE_CHANGED`, `FILE_TRUNCATED`. */
async function* fileRange(
  source: FileByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
  { signal }: LongOperation,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += SLICE_BYTES) {
    signal?.throwIfAborted();
    yield await source.read(offset + done, Math.min(SLICE_BYTES, length - done));
  }
  await source.checkUnchanged();
}
