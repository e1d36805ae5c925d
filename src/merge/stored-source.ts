import type { ManifestTensor } from '../store/manifest/manifest.ts';
import type { TensorStore } from '../store/tensor-store.ts';
import { type ByteStream, createByteStream } from '../tensor/byte-stream.ts';
import type { InputSource } from './tensor-inputs.ts';

/** Elements in an extent of their own. */
export interface StoredData extends Pick<ManifestTensor, 'dtype'> {
  readonly extent: Pick<ManifestTensor['extent'], 'digest' | 'length'>;
}

/** A stored tensor as an input. Dispose it when nothing is fetched any more. */
export interface StoredSource extends InputSource, AsyncDisposable {}

/** Reads the extent of a tensor as one stream for as long as chunks are fetched in order. Errors: those of the store's readers. */
export function storedSource(
  store: Pick<TensorStore, 'read'>,
  { dtype, extent }: StoredData,
  signal?: AbortSignal,
): StoredSource {
  let stream: ByteStream | undefined;
  let position = 0;
  const streamFrom = async (offset: number): Promise<ByteStream> => {
    if (stream && position === offset) return stream;
    await stream?.[Symbol.asyncDispose]();
    const range = { offset, length: extent.length - offset };
    const options = { verify: false, lent: true, ...(signal ? { signal } : {}) };
    stream = createByteStream(store.read(extent.digest, range, options));
    return stream;
  };
  return {
    dtype,
    length: extent.length,
    fetch: async (offset, target) => {
      const from = await streamFrom(offset);
      position = offset + (await from.fill(() => target));
      return target.subarray(0, position - offset);
    },
    [Symbol.asyncDispose]: async () => void (await stream?.[Symbol.asyncDispose]()),
  };
}
