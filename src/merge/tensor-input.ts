import type { Digest } from '../base/ids.ts';
import type { TensorStore } from '../store/tensor-store.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { MethodInput, ReadTensor } from './method.ts';

/** Bytes that are fetched at a time, so that small reads cost one decoded frame and not many. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** An input that reads aligned chunks with `fetch` and answers reads within one chunk without copying. */
export function chunkedInput(
  source: { readonly dtype: Dtype; readonly length: number },
  fetch: ReadTensor,
): MethodInput {
  let start = 0;
  let chunk: Uint8Array = new Uint8Array();
  const chunkAt = async (offset: number): Promise<void> => {
    if (offset >= start && offset < start + chunk.length) return;
    start = Math.floor(offset / CHUNK_BYTES) * CHUNK_BYTES;
    chunk = await fetch(start, Math.min(CHUNK_BYTES, source.length - start));
  };
  const read: ReadTensor = async (offset, length) => {
    if (length === 0) return new Uint8Array();
    await chunkAt(offset);
    if (offset + length <= start + chunk.length)
      return chunk.subarray(offset - start, offset - start + length);
    const head = chunk.slice(offset - start);
    return Buffer.concat([head, await read(offset + head.length, length - head.length)]);
  };
  return { ...source, read };
}

/** The dense bytes of a stored extent as an input. Errors: those of the store's readers. */
export function storedInput(
  store: TensorStore,
  tensor: { readonly digest: Digest; readonly dtype: Dtype; readonly length: number },
): MethodInput {
  return chunkedInput({ dtype: tensor.dtype, length: tensor.length }, async (offset, length) => {
    const slices: Uint8Array[] = [];
    for await (const slice of store.read(tensor.digest, { offset, length }, { verify: false }))
      slices.push(slice);
    return slices.length === 1 && slices[0] ? slices[0] : Buffer.concat(slices);
  });
}
