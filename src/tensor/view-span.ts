import { bitsOf, byteLength, type Dtype, elementCount } from './dtype.ts';

/** The geometry of a tensor view. */
export interface ViewGeometry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
}

/** Strides in elements of the dense row-major layout of a shape. */
export function denseStrides(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** True for a view whose elements lie one after the other in row-major order. */
export function isDense(view: ViewGeometry): boolean {
  if (view.strides === undefined) return true;
  const dense = denseStrides(view.shape);
  return view.strides.length === dense.length && view.strides.every((stride, axis) => stride === dense[axis]);
}

/**
 * Bytes from a view's first to its last element; 0 for an empty view. Errors: `SHAPE_TOO_LARGE`, and `DTYPE_MISALIGNED`
 * when sub-byte elements do not fill whole bytes or have strides.
 */
export function viewSpan(view: ViewGeometry): number {
  if (view.strides === undefined || isDense(view) || bitsOf(view.dtype) % 8 !== 0)
    return byteLength(view.dtype, view.shape);
  if (elementCount(view.shape) === 0) return 0;
  let last = 0;
  view.shape.forEach((dimension, axis) => {
    last += (dimension - 1) * (view.strides?.[axis] ?? 0);
  });
  return ((last + 1) * bitsOf(view.dtype)) / 8;
}
