import type { GraphBuilder } from '../../graph/builder.ts';
import { transpose } from '../../graph/emit/layout.ts';
import { matrixMultiply } from '../../graph/emit/linear.ts';
import type { Value } from '../../graph/value.ts';
import { type GradientRule, inputOf } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** d(A B) = dA B + A dB, so the gradients are G B^T and A^T G, summed over broadcast batch axes. */
export const rule: GradientRule = {
  op: 'MatMul',
  gradient: ({ graph, node, upstream, wants }) => {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    const byLeft = (): Value => matrixMultiply(graph, upstream, swapLastAxes(graph, right));
    const byRight = (): Value => matrixMultiply(graph, swapLastAxes(graph, left), upstream);
    return [
      wants(0) ? sumToShape(graph, byLeft(), left.shape) : undefined,
      wants(1) ? sumToShape(graph, byRight(), right.shape) : undefined,
    ];
  },
};

function swapLastAxes(graph: GraphBuilder, value: Value): Value {
  const rank = value.shape.length;
  const order = value.shape.map((_, axis) => axis);
  return transpose(graph, value, [...order.slice(0, -2), rank - 1, rank - 2]);
}
