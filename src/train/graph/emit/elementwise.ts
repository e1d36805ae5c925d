import type { GraphBuilder } from '../builder.ts';
import { broadcastShape } from '../shapes.ts';
import type { Value } from '../value.ts';

const binary =
  (op: string) =>
  (graph: GraphBuilder, left: Value, right: Value): Value =>
    graph.node({
      op,
      inputs: [left, right],
      shape: broadcastShape(left.shape, right.shape),
      type: left.type,
    });

const unary =
  (op: string) =>
  (graph: GraphBuilder, input: Value): Value =>
    graph.node({ op, inputs: [input], shape: input.shape });

/** Element-wise operators; binary ones broadcast. Source: ONNX operators, version 18. */
export const add = binary('Add');
export const subtract = binary('Sub');
export const multiply = binary('Mul');
export const divide = binary('Div');
export const relu = unary('Relu');
export const tanh = unary('Tanh');
export const exponential = unary('Exp');
export const logarithm = unary('Log');
export const squareRoot = unary('Sqrt');
export const negate = unary('Neg');

/** 1 where the input is positive, else 0: the derivative of `relu`. */
export function positive(graph: GraphBuilder, input: Value): Value {
  const zero = scalar(graph, 0);
  const isPositive = graph.node({ op: 'Greater', inputs: [input, zero], shape: input.shape, type: 'bool' });
  const to = { kind: 'int', value: 1 } as const; // TensorProto.FLOAT
  return graph.node({ op: 'Cast', inputs: [isPositive], attributes: { to }, shape: input.shape });
}

/** A constant of rank 0. */
export function scalar(graph: GraphBuilder, value: number): Value {
  return graph.constant([value], []);
}
