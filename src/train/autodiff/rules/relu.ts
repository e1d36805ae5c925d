import { multiply, positive } from '../../graph/emit/elementwise.ts';
import { type GradientRule, inputOf } from '../rule.ts';

/** d relu(x) = dx where x > 0. */
export const rule: GradientRule = {
  op: 'Relu',
  gradient: ({ graph, node, upstream }) => [multiply(graph, upstream, positive(graph, inputOf(node, 0)))],
};
