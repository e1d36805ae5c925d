import { MgitError } from '../../base/errors.ts';
import type { Role } from './verdict.ts';

/** A metric's outcome for every item, in the order of `ids`. */
export interface ItemScores {
  readonly ids: readonly string[];
  readonly values: readonly number[];
}

/** A metric over all items, and item by item where it is a mean of items. */
export interface MetricOutcome {
  readonly value: number;
  readonly items?: ItemScores;
}

/** One evaluation of one model. */
export interface Evaluation {
  readonly metrics: Readonly<Record<string, MetricOutcome>>;
}

/** A model's evaluations: as it is (absent where a command only ran over seeds), and after each seed's fine-tune. */
export interface ModelMeasurements {
  readonly asIs: Evaluation | undefined;
  readonly probes: readonly { readonly seed: number; readonly evaluation: Evaluation }[];
}

/** All models of one gate, measured in one job. */
export interface GateMeasurements {
  readonly base: ModelMeasurements;
  readonly target: ModelMeasurements;
  readonly parents: readonly ModelMeasurements[];
  readonly candidate: ModelMeasurements;
}

/** The models by role, in the order of tables. */
export function measuredRoles(
  measured: GateMeasurements,
): readonly { role: Role; model: ModelMeasurements }[] {
  return [
    { role: 'base', model: measured.base },
    ...measured.parents.map((model, index) => ({ role: `parent${index + 1}`, model })),
    { role: 'candidate', model: measured.candidate },
  ];
}

/** A metric of an evaluation. Errors: `GATE_RESULT_INVALID`. */
export function metricOf(evaluation: Evaluation | undefined, metric: string, role: Role): MetricOutcome {
  const found =
    evaluation && Object.hasOwn(evaluation.metrics, metric) ? evaluation.metrics[metric] : undefined;
  if (!found)
    throw new MgitError('GATE_RESULT_INVALID', `there is no ${metric} for the ${role}`, {
      hint: 'make the evaluation report this metric, or correct the metric in the rule',
    });
  return found;
}

/**
 * The differences candidate minus reference, item by item, matched by id. Errors: `GATE_RESULT_INVALID` when they are not the same items.
 */
export function pairedValues(
  candidate: ItemScores,
  reference: ItemScores,
): readonly (readonly [candidate: number, reference: number])[] {
  const byId = new Map(reference.ids.map((id, index) => [id, reference.values[index]]));
  const pairs = candidate.ids.map((id, index): readonly [number, number] => {
    const value = byId.get(id);
    if (value === undefined)
      throw new MgitError('GATE_RESULT_INVALID', `item ${id} was evaluated for the candidate only`, {
        hint: 'evaluate every model on the same items',
      });
    return [candidate.values[index] as number, value];
  });
  if (byId.size !== reference.ids.length || pairs.length !== byId.size)
    throw new MgitError(
      'GATE_RESULT_INVALID',
      `the candidate has ${pairs.length} items, its reference ${byId.size} distinct ones`,
      { hint: 'evaluate every model on the same items, each with an id of its own' },
    );
  return pairs;
}
