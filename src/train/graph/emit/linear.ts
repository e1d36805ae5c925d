import type { GraphBuilder } from '../builder.ts';
import { broadcastShape, dimension, shapeError } from '../shapes.ts';
import type { Value } from '../value.ts';

/** Matrix product of the last two axes, the others broadcast. */
export function matrixMultiply(graph: GraphBuilder, left: Value, right: Value): Value {
  const inner = dimension(left.shape, -1);
  if (inner !== dimension(right.shape, -2))
    throw shapeError(`[${left.shape}] times [${right.shape}] has no matrix product`);
  const batch = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const shape = [...batch, dimension(left.shape, -2), dimension(right.shape, -1)];
  return graph.node({ op: 'MatMul', inputs: [left, right], shape });
}

/** Which of a {@link gemm}'s matrices are read transposed. */
export interface GemmOptions {
  readonly transposeLeft?: boolean;
  readonly transposeRight?: boolean;
}

/** `left' x right' + bias` of two matrices, each transposed if asked; `bias` broadcasts and may be absent. */
export function gemm(
  graph: GraphBuilder,
  inputs: readonly [left: Value, right: Value, bias?: Value],
  options: GemmOptions = {},
): Value {
  const [left, right] = inputs;
  const [rows, inner] = matrixShape(left, options.transposeLeft);
  const [innerRight, columns] = matrixShape(right, options.transposeRight);
  if (inner !== innerRight) throw shapeError(`[${left.shape}] and [${right.shape}] do not fit a Gemm`);
  return graph.node({
    op: 'Gemm',
    inputs: inputs.filter(input => input !== undefined),
    attributes: {
      transA: { kind: 'int', value: options.transposeLeft ? 1 : 0 },
      transB: { kind: 'int', value: options.transposeRight ? 1 : 0 },
    },
    shape: [rows, columns],
  });
}

function matrixShape(value: Value, transposed = false): readonly [number, number] {
  if (value.shape.length !== 2) throw shapeError(`a Gemm takes matrices, not [${value.shape}]`);
  const [rows, columns] = [dimension(value.shape, 0), dimension(value.shape, 1)];
  return transposed ? [columns, rows] : [rows, columns];
}
