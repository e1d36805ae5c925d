import type { LongOperation } from '../../base/events.ts';
import type { ManifestExtent } from '../../store/manifest/manifest.ts';
import type { TensorStore } from '../../store/tensor-store.ts';

/** A part of something, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * A part of an extent, in order, in slices of at most a few MiB. With `verify` the whole extent is read and its digest checked before
 * the stream ends; without, only what is asked for is read, and only a part that is the whole is checked. Errors: `EXTENT_MISSING`, `EXTENT_CORRUPT`.
 */
export async function* extentBytes(
  store: Pick<TensorStore, 'read'>,
  part: { readonly extent: ManifestExtent; readonly range: ByteRange; readonly verify: boolean },
  long: LongOperation,
): AsyncGenerator<Uint8Array> {
  const { extent, range, verify } = part;
  const isWhole = range.offset === 0 && range.length === extent.length;
  if (!isWhole && !verify) return yield* store.read(extent.digest, range, long);
  let at = 0;
  for await (const slice of store.read(extent.digest, undefined, long)) {
    const from = Math.max(range.offset - at, 0);
    const to = Math.min(range.offset + range.length - at, slice.length);
    at += slice.length;
    if (from < to) yield slice.subarray(from, to);
  }
}
