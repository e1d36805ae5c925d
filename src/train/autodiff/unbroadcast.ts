import type { GraphBuilder } from '../graph/builder.ts';
import { reshape } from '../graph/emit/layout.ts';
import { reduceSum } from '../graph/emit/reduce.ts';
import type { Value } from '../graph/value.ts';

/** The gradient by an operand that was broadcast: summed over the axes along which it was repeated. */
export function sumToShape(graph: GraphBuilder, gradient: Value, shape: readonly number[]): Value {
  const missing = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, axis) => {
    const target = shape[axis - missing] ?? 1;
    return axis < missing || (target === 1 && size !== 1) ? [axis] : [];
  });
  const summed = axes.length === 0 ? gradient : reduceSum(graph, gradient, { axes, keepDimensions: true });
  return reshape(graph, summed, shape);
}
