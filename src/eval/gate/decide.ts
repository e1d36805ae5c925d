import { MgitError } from '../../base/errors.ts';
import { holmAdjusted } from '../statistics/holm.ts';
import { compareRule } from './compare-rule.ts';
import type { GateMeasurements } from './measurements.ts';
import type { Acceptance, AcceptRule } from './policy.ts';
import { explain } from './reason.ts';
import { thresholdOf } from './threshold.ts';
import { type Comparison, type Decision, type Outcome, type RuleResult, worstOf } from './verdict.ts';

/**
 * Decides a gate: every rule must pass, and of every `any_of` group at least one after Holm's correction. A rule with several
 * references must pass against each (intersection-union: no correction). Pure and deterministic.
 * Errors: `GATE_UNDERPOWERED`, `GATE_RESULT_INVALID`.
 */
export function decideGate(accept: readonly Acceptance[], measured: GateMeasurements): Decision {
  const parts = accept.map((item, group) =>
    'any_of' in item ? decideGroup(item.any_of, group, measured) : decideSingle(item, measured),
  );
  return { verdict: worstOf(parts.map(part => part.outcome)), rules: parts.flatMap(part => part.rules) };
}

interface Part {
  readonly outcome: Outcome;
  readonly rules: readonly RuleResult[];
}

function decideSingle(rule: AcceptRule, measured: GateMeasurements): Part {
  const result = decideRule(rule, measured);
  return { outcome: result.outcome, rules: [result] };
}

function decideGroup(rules: readonly AcceptRule[], group: number, measured: GateMeasurements): Part {
  const alone = rules.map(rule => decideRule(rule, measured));
  const adjusted = holmAdjusted(alone.map(result => Math.max(...result.comparisons.map(({ p }) => p))));
  const results = alone.map((result, index) => corrected(result, group, adjusted[index] as number));
  const outcomes = results.map(result => result.outcome);
  if (outcomes.includes('pass')) return { outcome: 'pass', rules: results };
  return { outcome: outcomes.every(one => one === 'fail') ? 'fail' : 'inconclusive', rules: results };
}

function corrected(result: RuleResult, group: number, adjustedP: number): RuleResult {
  const passes = adjustedP < 1 - thresholdOf(result.rule).confidence;
  const outcome = result.outcome === 'pass' && !passes ? 'inconclusive' : result.outcome;
  const note =
    outcome === result.outcome ? '' : `; not after Holm's correction (p = ${adjustedP.toPrecision(2)})`;
  return { ...result, outcome, anyOf: { group, adjustedP }, reason: `${result.reason}${note}` };
}

function decideRule(rule: AcceptRule, measured: GateMeasurements): RuleResult {
  const comparisons = compareRule(rule, measured);
  if (comparisons.length === 0)
    throw new MgitError('GATE_RESULT_INVALID', `there is nothing to compare ${rule.metric} with`);
  const outcomes = comparisons.map(comparison => outcomeOf(comparison, rule));
  const decisive = comparisons[outcomes.indexOf(worstOf(outcomes))] as Comparison;
  const outcome = worstOf(outcomes);
  return {
    rule,
    stage: rule.stage ?? 'as-is',
    outcome,
    comparisons,
    reason: explain(rule, decisive, outcome),
  };
}

/** Above the threshold with confidence: pass. Shown to be at or below it: fail. A candidate without a number fails. */
function outcomeOf(comparison: Comparison, rule: AcceptRule): Outcome {
  const { margin } = thresholdOf(rule);
  if (!Number.isFinite(comparison.candidateValue)) return 'fail';
  if (comparison.lower > -margin) return 'pass';
  const isShownWorse = rule.improve ? comparison.upper <= 0 : comparison.upper < -margin;
  return isShownWorse ? 'fail' : 'inconclusive';
}
