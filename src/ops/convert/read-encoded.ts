import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { ByteSource, EncodedTensor, ExternalPlace } from '../../formats/checkpoint.ts';
import { encodedTensors } from '../../formats/registry.ts';
import { elementsOf } from '../../tensor/view-elements.ts';
import type { ReadableTensor } from './readable-model.ts';

/** A file of a known format, and how to read the files beside it; that gives undefined for a file that is not there. */
export interface EncodedFile {
  readonly format: string;
  readonly source: ByteSource;
  openBeside(file: string): Promise<(ByteSource & Partial<AsyncDisposable>) | undefined>;
}

const SLICE_BYTES = 4 * 1024 * 1024;

/**
 * The tensors of files whose elements do not lie in them as they are, decoded as they are read, or read from other files. Errors: those of the formats; on reading
 * `TENSOR_EXTERNAL` where the other file is not there.
 */
export async function readEncoded(files: readonly EncodedFile[]): Promise<readonly ReadableTensor[]> {
  const found: ReadableTensor[] = [];
  for (const file of files)
    for (const tensor of await encodedTensors(file.format, file.source)) found.push(readable(tensor, file));
  return found;
}

function readable(tensor: EncodedTensor, file: EncodedFile): ReadableTensor {
  const { name, dtype, shape, external } = tensor;
  const span = (long: LongOperation): AsyncIterable<Uint8Array> =>
    external ? externalBytes(name, external, { file, long }) : tensor.span();
  return { name, dtype, shape, bytes: long => elementsOf(tensor, span(long)) };
}

async function* externalBytes(
  name: string,
  { file: other, offset, length }: ExternalPlace,
  { file, long }: { readonly file: EncodedFile; readonly long: LongOperation },
): AsyncGenerator<Uint8Array> {
  const source = await file.openBeside(other);
  if (!source)
    throw new MgitError(
      'TENSOR_EXTERNAL',
      `the elements of tensor ${name} are in ${other}, which is not there`,
      {
        hint: 'put the file beside the model; to version it, track it as a model, too',
      },
    );
  try {
    for (let done = 0; done < length; done += SLICE_BYTES) {
      long.signal?.throwIfAborted();
      yield await source.read(offset + done, Math.min(SLICE_BYTES, length - done));
    }
    await source.checkUnchanged?.();
  } finally {
    await source[Symbol.asyncDispose]?.();
  }
}
