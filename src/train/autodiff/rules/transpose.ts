import { transpose } from '../../graph/emit/layout.ts';
import { type GradientRule, integersAttribute } from '../rule.ts';

/** The inverse permutation. */
export const rule: GradientRule = {
  op: 'Transpose',
  gradient: ({ graph, node, upstream }) => {
    const order = integersAttribute(node, 'perm');
    return [
      transpose(
        graph,
        upstream,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
};
