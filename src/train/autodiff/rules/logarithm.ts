import { divide } from '../../graph/emit/elementwise.ts';
import { type GradientRule, inputOf } from '../rule.ts';

/** d log(x) = dx / x. */
export const rule: GradientRule = {
  op: 'Log',
  gradient: ({ graph, node, upstream }) => [divide(graph, upstream, inputOf(node, 0))],
};
