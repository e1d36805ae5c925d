import { type GradientRule, inputOf } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** Summed over the repetitions. */
export const rule: GradientRule = {
  op: 'Expand',
  gradient: ({ graph, node, upstream }) => [sumToShape(graph, upstream, inputOf(node, 0).shape)],
};
