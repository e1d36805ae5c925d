import { multiply } from '../../graph/emit/elementwise.ts';
import { type GradientRule, inputOf } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** d(a b) = b da + a db. */
export const rule: GradientRule = {
  op: 'Mul',
  gradient: ({ graph, node, upstream, wants }) =>
    [0, 1].map(index => {
      if (!wants(index)) return undefined;
      const product = multiply(graph, upstream, inputOf(node, 1 - index));
      return sumToShape(graph, product, inputOf(node, index).shape);
    }),
};
