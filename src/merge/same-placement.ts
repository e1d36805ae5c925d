import type { ManifestTensor } from '../store/manifest/manifest.ts';

/** True when the bytes of one tensor's extent can take the place of the other's: both lie in theirs in the same way. */
export function isSamePlacement(left: ManifestTensor, right: ManifestTensor): boolean {
  return (
    left.extent.length === right.extent.length &&
    left.offset - left.extent.offset === right.offset - right.extent.offset &&
    left.byteOrder === right.byteOrder &&
    String(left.strides) === String(right.strides)
  );
}
