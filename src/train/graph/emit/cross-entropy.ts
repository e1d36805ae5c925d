import type { GraphBuilder } from '../builder.ts';
import type { Value } from '../value.ts';
import { divide, exponential, logarithm, multiply, subtract } from './elementwise.ts';
import { reduceMax, reduceSum } from './reduce.ts';

/**
 * Softmax cross-entropy of each row: logits and one-hot labels [N, K] to [N], in nats. Composed of basic operators,
 * because `LogSoftmax` and `OneHot` have no WebGPU kernel. The row maximum is subtracted first; it cancels, so no gradient
 * flows through it.
 */
export function softmaxCrossEntropy(graph: GraphBuilder, logits: Value, oneHot: Value): Value {
  const maximum = { ...reduceMax(graph, logits, { axes: [1], keepDimensions: true }), detached: true };
  const shifted = subtract(graph, logits, maximum);
  const logSum = logarithm(graph, reduceSum(graph, exponential(graph, shifted), { axes: [1] }));
  const atLabel = reduceSum(graph, multiply(graph, shifted, oneHot), { axes: [1] });
  return subtract(graph, logSum, atLabel);
}

/** The entropy of each row's softmax: logits [N, K] to [N], in nats. */
export function softmaxEntropy(graph: GraphBuilder, logits: Value): Value {
  const maximum = { ...reduceMax(graph, logits, { axes: [1], keepDimensions: true }), detached: true };
  const shifted = subtract(graph, logits, maximum);
  const powers = exponential(graph, shifted);
  const sums = reduceSum(graph, powers, { axes: [1], keepDimensions: true });
  const mean = reduceSum(graph, multiply(graph, divide(graph, powers, sums), shifted), { axes: [1] });
  return subtract(graph, logarithm(graph, reduceSum(graph, powers, { axes: [1] })), mean);
}
