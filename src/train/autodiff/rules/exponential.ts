import { multiply } from '../../graph/emit/elementwise.ts';
import type { GradientRule } from '../rule.ts';

/** d exp(x) = exp(x) dx. */
export const rule: GradientRule = {
  op: 'Exp',
  gradient: ({ graph, node, upstream }) => [multiply(graph, upstream, node.output)],
};
