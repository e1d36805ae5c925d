import { type GradientRule, inputOf } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** d(a + b) = da + db. */
export const rule: GradientRule = {
  op: 'Add',
  gradient: ({ graph, node, upstream, wants }) =>
    [0, 1].map(index => (wants(index) ? sumToShape(graph, upstream, inputOf(node, index).shape) : undefined)),
};
