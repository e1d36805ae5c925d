import { MgitError } from '../../base/errors.ts';
import type { ItemScores, MetricOutcome } from '../gate/measurements.ts';
import { mean } from '../statistics/bootstrap.ts';

/** What an evaluation wrote for one model: metrics, and remarks such as the device it ran on. */
export interface WrittenResults {
  readonly metrics: Readonly<Record<string, MetricOutcome>>;
  readonly remarks: Readonly<Record<string, string>>;
}

/** A line of `items.jsonl`: an id, perhaps the model's role, and a number or yes/no per metric. */
export interface WrittenItem {
  readonly id: string;
  readonly model: string | undefined;
  readonly scores: Readonly<Record<string, number>>;
}

/**
 * Reads `items.jsonl`. Python writes NaN and Infinity, which JSON does not know: they count as not a number.
 * Errors: `GATE_RESULT_INVALID` with the line.
 */
export function parseItems(text: string, name: string): readonly WrittenItem[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => (line.trim() === '' ? [] : [itemOf(line, `${name}:${index + 1}`)]));
}

function itemOf(line: string, where: string): WrittenItem {
  const value = lenientJson(line, where);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid(where, 'no JSON object');
  const { id, model, ...rest } = value as Record<string, unknown>;
  if (typeof id !== 'string' && typeof id !== 'number') throw invalid(where, 'no id');
  const scores = Object.entries(rest).flatMap(([metric, score]) => {
    const number = scoreOf(score);
    return number === undefined ? [] : [[metric, number] as const];
  });
  return {
    id: String(id),
    model: typeof model === 'string' ? model : undefined,
    scores: Object.fromEntries(scores),
  };
}

function scoreOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === null ? Number.NaN : undefined;
}

/**
 * Joins `metrics.json` (numbers are metrics, texts are remarks) and items. A metric that has items is their mean.
 * Errors: `GATE_RESULT_INVALID` for an id that occurs twice or a metric that only some items have.
 */
export function joinResults(metrics: unknown, items: readonly WrittenItem[], name: string): WrittenResults {
  const written = metrics !== null && typeof metrics === 'object' ? Object.entries(metrics) : [];
  const numbers = written.flatMap(([key, value]) => {
    const number = typeof value === 'string' ? undefined : scoreOf(value);
    return number === undefined ? [] : [[key, { value: number }] as const];
  });
  const remarks = written.flatMap(([key, value]) =>
    typeof value === 'string' ? [[key, value] as const] : [],
  );
  return {
    metrics: { ...Object.fromEntries(numbers), ...outcomesOf(items, name) },
    remarks: Object.fromEntries(remarks),
  };
}

function outcomesOf(items: readonly WrittenItem[], name: string): Readonly<Record<string, MetricOutcome>> {
  const ids = items.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) throw invalid(name, 'an id occurs twice');
  const metrics = new Set(items.flatMap(({ scores }) => Object.keys(scores)));
  return Object.fromEntries(
    [...metrics].map(metric => {
      const values = items.map(({ scores, id }) => {
        const value = Object.hasOwn(scores, metric) ? scores[metric] : undefined;
        if (value === undefined) throw invalid(name, `item ${id} has no ${metric}`);
        return value;
      });
      const scores: ItemScores = { ids, values };
      return [metric, { value: mean(values), items: scores }];
    }),
  );
}

/** Parses JSON as Python writes it. Errors: `GATE_RESULT_INVALID`. */
export function lenientJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,\]}])/g, 'null'));
    } catch {
      throw invalid(where, 'no JSON');
    }
  }
}

function invalid(where: string, problem: string): MgitError {
  return new MgitError('GATE_RESULT_INVALID', `${where}: ${problem}`, {
    hint: 'docs/gates.md describes what an evaluation command writes',
  });
}
