import type { AcceptRule } from './policy.ts';
import { thresholdOf } from './threshold.ts';
import type { Comparison, Outcome } from './verdict.ts';

/** Says in one sentence why a rule came to its outcome. */
export function explain(rule: AcceptRule, comparison: Comparison, outcome: Outcome): string {
  const { margin } = thresholdOf(rule);
  const { reference, lower, upper } = comparison;
  if (!Number.isFinite(comparison.candidateValue)) return `${rule.metric} of the candidate is not a number`;
  if (outcome === 'pass')
    return rule.improve
      ? `better than the ${reference}: by at least ${show(lower)}`
      : `not worse than the ${reference} by ${show(margin)}: at worst ${show(lower)}`;
  if (outcome === 'fail')
    return rule.improve
      ? `not better than the ${reference}: at best ${show(upper)}`
      : `worse than the ${reference} by more than ${show(margin)}: at best ${show(upper)}`;
  const mde = `${comparison.n} ${comparison.method === 'paired-t' ? 'seeds' : 'items'} find differences from ${show(comparison.minimumDetectable)}`;
  return `the difference to the ${reference} is between ${show(lower)} and ${show(upper)}: ${mde}`;
}

function show(value: number): string {
  return value.toFixed(4).replace(/^(-?)0+(?=\d\.)/, '$1');
}
