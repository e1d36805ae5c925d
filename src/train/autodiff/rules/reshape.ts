import { reshape } from '../../graph/emit/layout.ts';
import { type GradientRule, inputOf } from '../rule.ts';

/** The same elements, back in their old shape. */
export const rule: GradientRule = {
  op: 'Reshape',
  gradient: ({ graph, node, upstream }) => [reshape(graph, upstream, inputOf(node, 0).shape)],
};
