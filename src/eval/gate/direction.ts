import type { AcceptRule } from './policy.ts';

const LOWER_IS_BETTER =
  /(^|[_./-])(loss|nll|error|err|perplexity|ppl|wer|cer|mse|rmse|mae|brier|ece|fid|bpb|bpc)$/i;

/** 1 where more of the metric is better, -1 where less is; `better` in the rule decides, else the metric's name. */
export function orientationOf(rule: Pick<AcceptRule, 'metric' | 'better'>): 1 | -1 {
  if (rule.better) return rule.better === 'higher' ? 1 : -1;
  return LOWER_IS_BETTER.test(rule.metric) ? -1 : 1;
}
