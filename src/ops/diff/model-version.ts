import type { LongOperation } from '../../base/events.ts';
import { freeMemory } from '../../base/free-memory.ts';
import type { ByteSource, EncodedTensor } from '../../formats/checkpoint.ts';
import { encodedTensors } from '../../formats/registry.ts';
import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import { storedBytes } from '../../store/stored-bytes.ts';
import type { TensorStore } from '../../store/tensor-store.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';

/** One version of a model: what it is, and how to read its tensors. */
export interface ModelVersion {
  readonly manifest: Manifest;
  /** The tensors that the manifest does not name, since their elements do not lie in the file as they are. */
  encoded?(): Promise<readonly EncodedTensor[]>;
  /** Called once with all tensors that will be read: what is promised comes together. */
  prepare?(tensors: readonly ManifestTensor[], long: LongOperation): Promise<void>;
  /** The tensor's dense, little-endian bytes in slices, each valid until the next is asked for. Only for tensors that {@link isPlain}. */
  read(tensor: ManifestTensor, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

const SLICE_BYTES = 4 * 1024 * 1024;

/** A version whose bytes are in the store. */
export function storedVersion(
  store: Pick<TensorStore, 'read' | 'require'>,
  manifest: Manifest,
): ModelVersion {
  return {
    manifest,
    encoded: async () => {
      await store.require(manifest.skeleton.map(({ digest }) => digest));
      return encodedTensors(manifest.format, storedBytes(store, manifest));
    },
    prepare: (tensors, long) =>
      store.require(
        tensors.map(({ extent }) => extent.digest),
        long,
      ),
    read: (tensor, signal) => {
      const range = { offset: tensor.offset - tensor.extent.offset, length: viewSpan(tensor) };
      return store.read(tensor.extent.digest, range, { lent: true, ...(signal ? { signal } : {}) });
    },
  };
}

/** A version that is a file of the work tree, described by its manifest. Errors on reading: `FILE_CHANGED`, `FILE_TRUNCATED`. */
export function fileVersion(source: ByteSource, manifest: Manifest): ModelVersion {
  return {
    manifest,
    encoded: () => encodedTensors(manifest.format, source),
    read: async function* (tensor, signal) {
      const end = tensor.offset + viewSpan(tensor);
      const buffer = Buffer.allocUnsafeSlow(Math.min(SLICE_BYTES, end - tensor.offset));
      for (let offset = tensor.offset; offset < end; offset += SLICE_BYTES) {
        signal?.throwIfAborted();
        const slice = buffer.subarray(0, Math.min(SLICE_BYTES, end - offset));
        if (source.readInto) await source.readInto(slice, offset);
        else slice.set(await source.read(offset, slice.length));
        yield slice;
      }
      freeMemory(buffer);
      await source.checkUnchanged?.();
    },
  };
}

/** True for a tensor whose bytes are its elements one after the other, little end first. */
export function isPlain(tensor: ManifestTensor): boolean {
  return tensor.byteOrder === 'little' && isDense(tensor);
}
