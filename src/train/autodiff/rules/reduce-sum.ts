import type { GradientRule } from '../rule.ts';
import { repeatOverReduced } from '../unreduce.ts';

/** Every summand has the gradient of the sum. */
export const rule: GradientRule = {
  op: 'ReduceSum',
  gradient: step => [repeatOverReduced(step)],
};
