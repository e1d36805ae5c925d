import type { Digest } from '../base/ids.ts';
import type { TensorStore } from '../store/tensor-store.ts';
import type { Dtype } from '../tensor/dtype.ts';
import type { MethodInput, ReadTensor } from './method.ts';

/** Bytes that are fetched at a time, so that small reads cost one decoded frame and not many. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * An input that reads aligned chunks with `fetch`, one ahead of its reader, and answers reads within one chunk without copying. The
 * last `keep` chunks stay, for a second reading.
 */
export function chunkedInput(
  source: { readonly dtype: Dtype; readonly length: number },
  fetch: ReadTensor,
  keep = 1,
): MethodInput {
  const chunks = new Map<number, Promise<Uint8Array>>();
  const fetched = (start: number): Promise<Uint8Array> => {
    const known = chunks.get(start);
    if (known) return known;
    const chunk = fetch(start, Math.min(CHUNK_BYTES, source.length - start));
    chunk.catch(() => {}); // Reported to whoever reads it.
    chunks.set(start, chunk);
    for (const old of chunks.keys()) if (chunks.size > keep + 1) chunks.delete(old);
    return chunk;
  };
  const chunkAt = (start: number): Promise<Uint8Array> => {
    const chunk = fetched(start);
    if (start + CHUNK_BYTES < source.length) void fetched(start + CHUNK_BYTES);
    return chunk;
  };
  const read: ReadTensor = async (offset, length) => {
    if (length === 0) return new Uint8Array();
    const start = Math.floor(offset / CHUNK_BYTES) * CHUNK_BYTES;
    const chunk = await chunkAt(start);
    if (offset + length <= start + chunk.length)
      return chunk.subarray(offset - start, offset - start + length);
    const head = chunk.subarray(offset - start);
    if (head.length === 0) return head; // The input is shorter than it should be: its reader says so.
    return Buffer.concat([head, await read(offset + head.length, length - head.length)]);
  };
  return { ...source, read };
}

/** Inputs up to this size are held in memory between a measurement and the merge that follows it. */
const HELD_BYTES = 16 * 1024 * 1024;

/** The dense bytes of a stored extent as an input. Errors: those of the store's readers. */
export function storedInput(
  store: TensorStore,
  tensor: { readonly digest: Digest; readonly dtype: Dtype; readonly length: number },
): MethodInput {
  const keep = tensor.length <= HELD_BYTES ? HELD_BYTES / CHUNK_BYTES : 1;
  const fetch: ReadTensor = async (offset, length) => {
    const slices: Uint8Array[] = [];
    for await (const slice of store.read(tensor.digest, { offset, length }, { verify: false }))
      slices.push(slice);
    return slices.length === 1 && slices[0] ? slices[0] : Buffer.concat(slices);
  };
  return chunkedInput({ dtype: tensor.dtype, length: tensor.length }, fetch, keep);
}
