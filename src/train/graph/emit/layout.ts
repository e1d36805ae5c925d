import { elementCount } from '../../../tensor/dtype.ts';
import type { GraphBuilder } from '../builder.ts';
import { dimension, normalAxis, sameShape, shapeError } from '../shapes.ts';
import type { Value } from '../value.ts';

/** The same elements in another shape. */
export function reshape(graph: GraphBuilder, input: Value, shape: readonly number[]): Value {
  if (elementCount(shape) !== elementCount(input.shape))
    throw shapeError(`[${input.shape}] cannot be reshaped to [${shape}]`);
  if (sameShape(input.shape, shape)) return input;
  return graph.node({ op: 'Reshape', inputs: [input, integers(graph, shape)], shape, type: input.type });
}

/** A matrix: the axes before `axis` become rows, the rest columns. */
export function flatten(graph: GraphBuilder, input: Value, axis = 1): Value {
  const shape = [elementCount(input.shape.slice(0, axis)), elementCount(input.shape.slice(axis))];
  const attributes = { axis: { kind: 'int', value: axis } as const };
  return graph.node({ op: 'Flatten', inputs: [input], attributes, shape });
}

/** Axes in another order. */
export function transpose(graph: GraphBuilder, input: Value, order: readonly number[]): Value {
  const attributes = { perm: { kind: 'ints', value: order } as const };
  const shape = order.map(axis => dimension(input.shape, axis));
  return graph.node({ op: 'Transpose', inputs: [input], attributes, shape });
}

/** Zeros around a tensor: `before` and `after` hold one count per axis. */
export function pad(
  graph: GraphBuilder,
  input: Value,
  amounts: { readonly before: readonly number[]; readonly after: readonly number[] },
): Value {
  const shape = input.shape.map(
    (size, axis) => size + (amounts.before[axis] ?? 0) + (amounts.after[axis] ?? 0),
  );
  const counts = integers(graph, [...amounts.before, ...amounts.after]);
  return graph.node({ op: 'Pad', inputs: [input, counts], shape });
}

/** A range of one axis: from `start`, before `end`, every `step`th. */
export interface SliceRange {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step?: number;
}

/** A part of a tensor; axes that are not named stay whole. */
export function slice(graph: GraphBuilder, input: Value, ranges: readonly SliceRange[]): Value {
  const shape = [...input.shape];
  for (const range of ranges) {
    const size = dimension(shape, range.axis);
    if (range.start < 0 || range.end > size || range.end <= range.start)
      throw shapeError(`range ${range.start}..${range.end} of an axis of ${size}`);
    shape[normalAxis(range.axis, shape.length)] = Math.ceil((range.end - range.start) / (range.step ?? 1));
  }
  const column = (read: (range: SliceRange) => number): Value => integers(graph, ranges.map(read));
  const parameters = [
    column(range => range.start),
    column(range => range.end),
    column(range => range.axis),
    column(range => range.step ?? 1),
  ];
  return graph.node({ op: 'Slice', inputs: [input, ...parameters], shape });
}

/** Repeats axes of size 1 until the tensor has `shape`. */
export function expand(graph: GraphBuilder, input: Value, shape: readonly number[]): Value {
  if (sameShape(input.shape, shape)) return input;
  return graph.node({ op: 'Expand', inputs: [input, integers(graph, shape)], shape });
}

/** Tensors one after another along `axis`. */
export function concatenate(graph: GraphBuilder, inputs: readonly Value[], axis: number): Value {
  const [first] = inputs;
  if (first === undefined) throw shapeError('nothing to concatenate');
  const total = inputs.reduce((sum, input) => sum + dimension(input.shape, axis), 0);
  const shape = first.shape.map((size, index) => (index === axis ? total : size));
  return graph.node({ op: 'Concat', inputs, attributes: { axis: { kind: 'int', value: axis } }, shape });
}

/** A list of integers as ONNX takes shapes, axes and counts. */
export function integers(graph: GraphBuilder, values: readonly number[]): Value {
  return graph.constant(values, [values.length], 'int64');
}
