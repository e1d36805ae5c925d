import { multiply, scalar } from '../../graph/emit/elementwise.ts';
import { expand } from '../../graph/emit/layout.ts';
import { sizeOf } from '../../graph/value.ts';
import { type GradientRule, inputOf } from '../rule.ts';

/** Every pixel of a channel has the same share in its mean. */
export const rule: GradientRule = {
  op: 'GlobalAveragePool',
  gradient: ({ graph, node, upstream }) => {
    const images = inputOf(node, 0);
    const share = scalar(graph, sizeOf(node.output) / sizeOf(images));
    return [expand(graph, multiply(graph, upstream, share), images.shape)];
  },
};
