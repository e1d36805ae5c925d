import type { GraphBuilder } from '../builder.ts';
import { broadcastShape, dimension, shapeError } from '../shapes.ts';
import type { Value } from '../value.ts';
import { reshape, transpose } from './layout.ts';

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

/** Two matrices and a bias that broadcasts to the result, or none. */
export type GemmInputs = readonly [left: Value, right: Value, bias?: Value];

/**
 * ONNX Runtime's CPU kernel splits the columns of wide products among its threads, and cuts longer inner axes than this into pieces
 * whose size depends on the columns of a thread: sums would then depend on the number of threads.
 */
const LONGEST_UNCUT_SUM = 128;

/**
 * `left' x right' + bias` of two matrices, each transposed if asked; a bias is a row [columns]. Wide products with long sums are
 * written transposed, so that their rows are split among threads and results do not depend on how many there are.
 */
export function gemm(graph: GraphBuilder, inputs: GemmInputs, options: GemmOptions = {}): Value {
  const [left, right, bias] = inputs;
  const [rows, inner] = matrixShape(left, options.transposeLeft);
  const [innerRight, columns] = matrixShape(right, options.transposeRight);
  if (inner !== innerRight) throw shapeError(`[${left.shape}] and [${right.shape}] do not fit a Gemm`);
  if (columns <= rows || inner <= LONGEST_UNCUT_SUM) return gemmNode(graph, inputs, options);
  // With a bias, even of zero, the runtime's optimiser does not turn the product back.
  const column = bias ? reshape(graph, bias, [columns, 1]) : graph.constant([0], [1]);
  const turned = gemmNode(graph, [right, left, column], {
    transposeLeft: !options.transposeRight,
    transposeRight: !options.transposeLeft,
  });
  return transpose(graph, turned, [1, 0]);
}

function gemmNode(graph: GraphBuilder, inputs: GemmInputs, options: GemmOptions): Value {
  const [rows] = matrixShape(inputs[0], options.transposeLeft);
  const [, columns] = matrixShape(inputs[1], options.transposeRight);
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
