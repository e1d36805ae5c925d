import { MgitError } from '../base/errors.ts';
import type { Digest } from '../base/ids.ts';
import type { ByteSource } from '../formats/checkpoint.ts';
import type { Manifest } from './manifest/manifest.ts';
import type { TensorStore } from './tensor-store.ts';

/** The bytes of a stored file, wherever they are asked for. Errors on reading: `FILE_TRUNCATED`, `EXTENT_MISSING`, `EXTENT_CORRUPT`. */
export function storedBytes(store: Pick<TensorStore, 'read'>, manifest: Manifest): ByteSource {
  const { size } = manifest;
  return {
    size,
    read: async (offset, length) => {
      if (offset + length > size)
        throw new MgitError('FILE_TRUNCATED', `the file ends before byte ${offset + length}`);
      const bytes = Buffer.alloc(length);
      for (const extent of manifest.extents) {
        if (extent.offset >= offset + length) break;
        if (extent.offset + extent.length <= offset) continue;
        const from = Math.max(offset, extent.offset);
        const to = Math.min(offset + length, extent.offset + extent.length);
        let at = from - offset;
        for await (const slice of store.read(extent.digest, {
          offset: from - extent.offset,
          length: to - from,
        })) {
          bytes.set(slice, at);
          at += slice.length;
        }
      }
      return bytes;
    },
  };
}

/** The extents of a file around its tensors: what a reader of its structure asks for first. */
export function skeletonDigests({ extents }: Manifest): readonly Digest[] {
  const digests: Digest[] = [];
  for (const { role, digest } of extents) if (role === 'skeleton') digests.push(digest);
  return digests;
}
