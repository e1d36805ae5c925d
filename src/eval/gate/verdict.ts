import type { AcceptRule, Stage } from './policy.ts';

/** What one rule, or a gate, came to. */
export type Outcome = 'pass' | 'fail' | 'inconclusive';

/** What a gate came to: `error` when it could not be run. */
export type Verdict = Outcome | 'error';

/** `base`, `target`, `parent1`, `parent2`, ... or `candidate`. */
export type Role = string;

/** One comparison of the candidate with one reference. Differences are oriented: positive is better. */
export interface Comparison {
  readonly reference: Role;
  readonly candidateValue: number;
  readonly referenceValue: number;
  readonly difference: number;
  /** One-sided bounds, each at the rule's confidence. */
  readonly lower: number;
  readonly upper: number;
  /** One-sided p-value of "not better than the rule's threshold"; below 1 - confidence exactly when the rule passes. */
  readonly p: number;
  /** Items, or seeds. */
  readonly n: number;
  /** The true difference that would be found with 80 % power. */
  readonly minimumDetectable: number;
  readonly method: 'tango' | 'bootstrap' | 'paired-t';
  /** Two-sided McNemar mid-p of "no difference", for yes/no outcomes. */
  readonly mcNemar?: number;
}

/** One rule's result over all its references. */
export interface RuleResult {
  readonly rule: AcceptRule;
  readonly stage: Stage;
  readonly outcome: Outcome;
  readonly comparisons: readonly Comparison[];
  /** Index of the `any_of` group among the accept rules, and the Holm-adjusted p-value in it. */
  readonly anyOf?: { readonly group: number; readonly adjustedP: number };
  /** One sentence. */
  readonly reason: string;
}

/** A gate's decision: everything passes, or the worst outcome counts. */
export interface Decision {
  readonly verdict: Outcome;
  readonly rules: readonly RuleResult[];
}

/** The worst of several outcomes: one failure decides, then one inconclusive. */
export function worstOf(outcomes: readonly Outcome[]): Outcome {
  if (outcomes.includes('fail')) return 'fail';
  return outcomes.includes('inconclusive') ? 'inconclusive' : 'pass';
}
