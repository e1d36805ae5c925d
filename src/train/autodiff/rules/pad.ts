import { slice } from '../../graph/emit/layout.ts';
import { constantInput, type GradientRule, inputOf } from '../rule.ts';

/** What lies inside the padding. */
export const rule: GradientRule = {
  op: 'Pad',
  gradient: step => {
    const before = constantInput(step, 1);
    const ranges = inputOf(step.node, 0).shape.map((size, axis) => {
      const start = before[axis] ?? 0;
      return { axis, start, end: start + size };
    });
    return [slice(step.graph, step.upstream, ranges)];
  },
};
