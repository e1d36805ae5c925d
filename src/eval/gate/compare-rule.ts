import { MgitError } from '../../base/errors.ts';
import { compareItems } from './compare-items.ts';
import { compareSeeds } from './compare-seeds.ts';
import { orientationOf } from './direction.ts';
import {
  type GateMeasurements,
  type MetricOutcome,
  type ModelMeasurements,
  metricOf,
  pairedValues,
} from './measurements.ts';
import type { AcceptRule } from './policy.ts';
import { thresholdOf } from './threshold.ts';
import type { Comparison, Role } from './verdict.ts';

interface Reference {
  readonly role: Role;
  readonly model: ModelMeasurements;
}

/** The comparisons that a rule asks for, one per reference. Errors: `GATE_UNDERPOWERED`, `GATE_RESULT_INVALID`. */
export function compareRule(rule: AcceptRule, measured: GateMeasurements): readonly Comparison[] {
  return referencesOf(rule, measured).map(reference =>
    rule.stage === 'probe'
      ? compareProbes(rule, measured.candidate, reference)
      : compareAsIs(rule, measured.candidate, reference),
  );
}

function referencesOf(rule: AcceptRule, measured: GateMeasurements): readonly Reference[] {
  const parents = measured.parents.map((model, index) => ({ role: `parent${index + 1}`, model }));
  if (rule.against === 'base') return [{ role: 'base', model: measured.base }];
  if (rule.against === 'target') return [{ role: 'target', model: measured.target }];
  if (rule.against === 'parents') return parents;
  const score = ({ model, role }: Reference): number => orientationOf(rule) * meanValue(rule, model, role);
  return parents.toSorted((left, right) => score(right) - score(left)).slice(0, 1);
}

function meanValue(rule: AcceptRule, model: ModelMeasurements, role: Role): number {
  if (rule.stage !== 'probe') return metricOf(model.asIs, rule.metric, role).value;
  const values = model.probes.map(probe => metricOf(probe.evaluation, rule.metric, role).value);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function compareAsIs(rule: AcceptRule, candidate: ModelMeasurements, reference: Reference): Comparison {
  const ours = metricOf(candidate.asIs, rule.metric, 'candidate');
  const theirs = metricOf(reference.model.asIs, rule.metric, reference.role);
  refuseReference(theirs.value, rule, reference);
  const values = { reference: reference.role, candidateValue: ours.value, referenceValue: theirs.value };
  if (!isMeasured(ours)) return { ...values, ...NOT_A_NUMBER };
  if (!ours.items || !theirs.items)
    throw new MgitError(
      'GATE_RESULT_INVALID',
      `${rule.metric} came without its items, so there is no paired interval`,
      {
        hint: 'write {out}/items.jsonl, or give the gate seeds and the rule stage: probe',
      },
    );
  return { ...values, ...compareItems(pairedValues(ours.items, theirs.items), thresholdOf(rule)) };
}

function compareProbes(rule: AcceptRule, candidate: ModelMeasurements, reference: Reference): Comparison {
  const pairs = candidate.probes.map(({ seed, evaluation }): readonly [number, number] => {
    const other = reference.model.probes.find(probe => probe.seed === seed);
    return [
      metricOf(evaluation, rule.metric, 'candidate').value,
      metricOf(other?.evaluation, rule.metric, reference.role).value,
    ];
  });
  const values = {
    reference: reference.role,
    candidateValue: meanValue(rule, candidate, 'candidate'),
    referenceValue: meanValue(rule, reference.model, reference.role),
  };
  refuseReference(values.referenceValue, rule, reference);
  if (!Number.isFinite(values.candidateValue)) return { ...values, ...NOT_A_NUMBER };
  return { ...values, ...compareSeeds(pairs, thresholdOf(rule)) };
}

/** A candidate that yields NaN or infinity has failed, whatever the statistics would make of it. */
const NOT_A_NUMBER = {
  difference: Number.NaN,
  lower: Number.NaN,
  upper: Number.NaN,
  p: 1,
  n: 0,
  minimumDetectable: Number.NaN,
  method: 'bootstrap',
} as const;

function isMeasured({ value, items }: MetricOutcome): boolean {
  return Number.isFinite(value) && (items?.values.every(Number.isFinite) ?? true);
}

function refuseReference(value: number, rule: AcceptRule, reference: Reference): void {
  if (Number.isFinite(value)) return;
  throw new MgitError('GATE_RESULT_INVALID', `${rule.metric} of the ${reference.role} is ${value}`, {
    hint: 'a comparison needs a reference with a number; check the evaluation',
  });
}
