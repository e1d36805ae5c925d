import { isMgitError } from '../../base/errors.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { manifestCorrupt } from './corrupt.ts';
import type { ManifestExtent, ManifestTensor } from './manifest.ts';
import { apart, type LineView, type ManifestLine } from './parse-line.ts';

/** A `tensor` line with its number. */
export type TensorLine = Extract<ManifestLine, { kind: 'tensor' }> & { readonly line: number };
/** A `view` line with its number. */
export type ViewLine = Extract<ManifestLine, { kind: 'view' }> & { readonly line: number };

/** The tensor of a `tensor` line, which is the only view on an extent of its own. Errors: `MANIFEST_CORRUPT`. */
export function tensorAlone(line: TensorLine): ManifestTensor {
  checkLength(line);
  const { dtype, shape, offset, length } = line;
  const extent: ManifestExtent = { role: 'tensor', offset, length, digest: apart(line.digest) };
  return { name: apart(line.name), dtype, shape, offset, byteOrder: 'little', extent };
}

/** Errors: `MANIFEST_CORRUPT`. */
export function checkLength(line: TensorLine): void {
  if (spanOfView(line, line.line) !== line.length)
    throw manifestCorrupt(line.line, 'dtype and shape do not give the length');
}

/** Bytes from a view's first to its last element. Errors: `MANIFEST_CORRUPT` where dtype, shape and strides do not go together. */
export function spanOfView(view: LineView & { readonly strides?: readonly number[] }, line: number): number {
  if (view.strides && view.strides.length !== view.shape.length)
    throw manifestCorrupt(line, 'shape and strides differ in rank');
  if (view.strides && isDense(view)) throw manifestCorrupt(line, 'dense strides are written "-"');
  try {
    const span = viewSpan(view);
    if (Number.isSafeInteger(span)) return span;
  } catch (error) {
    if (!isMgitError(error, 'SHAPE_TOO_LARGE', 'DTYPE_MISALIGNED')) throw error;
  }
  throw manifestCorrupt(line, 'dtype and shape give no length');
}
