import { multiply, scalar, subtract } from '../../graph/emit/elementwise.ts';
import type { GradientRule } from '../rule.ts';

/** d tanh(x) = (1 - tanh(x)^2) dx. */
export const rule: GradientRule = {
  op: 'Tanh',
  gradient: ({ graph, node, upstream }) => {
    const slope = subtract(graph, scalar(graph, 1), multiply(graph, node.output, node.output));
    return [multiply(graph, upstream, slope)];
  },
};
