import { MgitError } from '../../base/errors.ts';

/** The shape of an element-wise operation's result. Source: ONNX, multidirectional broadcasting. Errors: `GRAPH_SHAPE`. */
export function broadcastShape(left: readonly number[], right: readonly number[]): readonly number[] {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, index) => {
    const a = left[index - rank + left.length] ?? 1;
    const b = right[index - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) throw shapeError(`[${left}] and [${right}] do not broadcast`);
    return a === 1 ? b : a;
  });
}

/** The shape after reducing `axes`. */
export function reducedShape(
  shape: readonly number[],
  axes: readonly number[],
  keepDimensions: boolean,
): readonly number[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keepDimensions ? [1] : []) : [size]));
}

/** The axis counted from the front; `axis` may count from the back. Errors: `GRAPH_SHAPE`. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal < 0 || normal >= rank) throw shapeError(`axis ${axis} in a tensor of rank ${rank}`);
  return normal;
}

/** One dimension of a shape. Errors: `GRAPH_SHAPE` where it does not exist. */
export function dimension(shape: readonly number[], axis: number): number {
  const size = shape[axis < 0 ? axis + shape.length : axis];
  if (size === undefined) throw shapeError(`no axis ${axis} in shape [${shape}]`);
  return size;
}

/** A graph whose shapes do not fit: reported where the graph is built, not where it runs. */
export function shapeError(message: string): MgitError {
  return new MgitError('GRAPH_SHAPE', message);
}

/** True for equal shapes. */
export function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((size, axis) => size === right[axis]);
}
