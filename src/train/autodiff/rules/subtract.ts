import { negate } from '../../graph/emit/elementwise.ts';
import { type GradientRule, inputOf } from '../rule.ts';
import { sumToShape } from '../unbroadcast.ts';

/** d(a - b) = da - db. */
export const rule: GradientRule = {
  op: 'Sub',
  gradient: ({ graph, node, upstream, wants }) => [
    wants(0) ? sumToShape(graph, upstream, inputOf(node, 0).shape) : undefined,
    wants(1) ? negate(graph, sumToShape(graph, upstream, inputOf(node, 1).shape)) : undefined,
  ],
};
