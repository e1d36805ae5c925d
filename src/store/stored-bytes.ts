import { MgitError } from '../base/errors.ts';
import { firstWhere } from '../base/first-where.ts';
import type { ByteSource } from '../formats/checkpoint.ts';
import type { Manifest, ManifestExtent } from './manifest/manifest.ts';
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
      const { extents } = manifest;
      for (let place = firstPlace(extents, offset); place < extents.length; place++) {
        const extent = extents.at(place) as ManifestExtent;
        if (extent.offset >= offset + length) break;
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

/** The place of the first extent that ends behind `offset`. */
function firstPlace(extents: Manifest['extents'], offset: number): number {
  return firstWhere({ to: extents.length }, place => {
    const extent = extents.at(place) as ManifestExtent;
    return extent.offset + extent.length > offset;
  });
}
