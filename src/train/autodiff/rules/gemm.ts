import { gemm } from '../../graph/emit/linear.ts';
import type { Value } from '../../graph/value.ts';
import { type BackwardStep, type GradientRule, inputOf, integerAttribute } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** As for MatMul, with each product written so that a transposed operand is never materialised. */
export const rule: GradientRule = {
  op: 'Gemm',
  gradient: step => [
    step.wants(0) ? byLeft(step) : undefined,
    step.wants(1) ? byRight(step) : undefined,
    step.wants(2) ? sumToShape(step.graph, step.upstream, inputOf(step.node, 2).shape) : undefined,
  ],
};

function byLeft({ graph, node, upstream }: BackwardStep): Value {
  const [right, transposed] = [inputOf(node, 1), transposition(node)];
  return transposed.left
    ? gemm(graph, [right, upstream], { transposeLeft: transposed.right, transposeRight: true })
    : gemm(graph, [upstream, right], { transposeRight: !transposed.right });
}

function byRight({ graph, node, upstream }: BackwardStep): Value {
  const [left, transposed] = [inputOf(node, 0), transposition(node)];
  return transposed.right
    ? gemm(graph, [upstream, left], { transposeLeft: true, transposeRight: transposed.left })
    : gemm(graph, [left, upstream], { transposeLeft: !transposed.left });
}

function transposition(node: BackwardStep['node']): { readonly left: boolean; readonly right: boolean } {
  return { left: integerAttribute(node, 'transA') === 1, right: integerAttribute(node, 'transB') === 1 };
}
