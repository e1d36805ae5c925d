import type { ManifestTensor } from '../store/manifest/manifest.ts';

/** True when two versions of a tensor have the same bytes under the same type and shape (or are both absent). */
export function isSameTensor(left: ManifestTensor | undefined, right: ManifestTensor | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return (
    left.extent.digest === right.extent.digest &&
    left.offset - left.extent.offset === right.offset - right.extent.offset &&
    left.byteOrder === right.byteOrder &&
    isSameShape(left, right) &&
    String(left.strides) === String(right.strides)
  );
}

/** True when two tensors have the same dtype and shape. */
export function isSameShape(left: ManifestTensor, right: ManifestTensor): boolean {
  return (
    left.dtype === right.dtype &&
    left.shape.length === right.shape.length &&
    left.shape.every((dimension, axis) => dimension === right.shape[axis])
  );
}
