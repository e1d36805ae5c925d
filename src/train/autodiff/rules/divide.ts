import { divide, multiply, negate } from '../../graph/emit/elementwise.ts';
import { type GradientRule, inputOf } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** d(a / b) = da / b - (a / b) db / b. */
export const rule: GradientRule = {
  op: 'Div',
  gradient: ({ graph, node, upstream, wants }) => {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    const share = divide(graph, upstream, right);
    return [
      wants(0) ? sumToShape(graph, share, left.shape) : undefined,
      wants(1)
        ? negate(graph, sumToShape(graph, multiply(graph, share, node.output), right.shape))
        : undefined,
    ];
  },
};
