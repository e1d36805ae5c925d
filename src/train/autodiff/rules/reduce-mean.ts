import { multiply, scalar } from '../../graph/emit/elementwise.ts';
import { sizeOf } from '../../graph/value.ts';
import { type GradientRule, inputOf } from '../rule.ts';
import { repeatOverReduced } from '../unreduce.ts';

/** As for the sum, divided by the number of elements in each mean. */
export const rule: GradientRule = {
  op: 'ReduceMean',
  gradient: step => {
    const share = sizeOf(step.node.output) / sizeOf(inputOf(step.node, 0));
    return [multiply(step.graph, repeatOverReduced(step), scalar(step.graph, share))];
  },
};
