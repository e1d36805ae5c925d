import { type GateMeasurements, type MetricOutcome, measuredRoles } from '../gate/measurements.ts';
import { thresholdOf } from '../gate/threshold.ts';
import type { Comparison, Role, RuleResult } from '../gate/verdict.ts';
import { variance } from '../statistics/bootstrap.ts';
import { normalQuantile } from '../statistics/distributions.ts';
import { wilsonInterval } from '../statistics/wilson.ts';
import type { ReportedComparison, ReportedMetric, ReportedRule, ReportNumber } from './report.ts';

const EACH_SIDE_OF_95 = 0.975;

/** All metrics of all models, each with a two-sided 95 % interval: Wilson's for yes/no items, normal for other means. */
export function summarise(measured: GateMeasurements): readonly ReportedMetric[] {
  return measuredRoles(measured).flatMap(({ role, model }) => [
    ...Object.entries(model.asIs?.metrics ?? {}).map(([metric, outcome]) => reported(role, metric, outcome)),
    ...model.probes.flatMap(({ seed, evaluation }) =>
      Object.entries(evaluation.metrics).map(([metric, outcome]) => ({
        ...reported(role, metric, outcome),
        seed,
      })),
    ),
  ]);
}

function reported(role: Role, metric: string, { value, items }: MetricOutcome): ReportedMetric {
  const values = items?.values ?? [];
  const [low, high] = intervalOf(values, value);
  return { role, metric, value: finite(value), n: values.length, low: finite(low), high: finite(high) };
}

function intervalOf(values: readonly number[], value: number): readonly [number, number] {
  if (values.length === 0) return [Number.NaN, Number.NaN];
  if (values.every(item => item === 0 || item === 1)) {
    const successes = values.filter(item => item === 1).length;
    const { lower, upper } = wilsonInterval(successes, values.length, EACH_SIDE_OF_95);
    return [lower, upper];
  }
  const half = normalQuantile(EACH_SIDE_OF_95) * Math.sqrt(variance(values) / values.length);
  return [value - half, value + half];
}

/** A rule's result as a report holds it. */
export function reportedRule(result: RuleResult): ReportedRule {
  const { rule } = result;
  return {
    metric: rule.metric,
    against: rule.against,
    stage: result.stage,
    ...(rule.margin === undefined ? {} : { margin: rule.margin }),
    ...(rule.improve === undefined ? {} : { improve: rule.improve }),
    confidence: thresholdOf(rule).confidence,
    outcome: result.outcome,
    reason: result.reason,
    comparisons: result.comparisons.map(reportedComparison),
  };
}

function reportedComparison(comparison: Comparison): ReportedComparison {
  return {
    reference: comparison.reference,
    difference: finite(comparison.difference),
    lower: finite(comparison.lower),
    upper: finite(comparison.upper),
    p: finite(comparison.p),
    n: comparison.n,
    minimumDetectable: finite(comparison.minimumDetectable),
    method: comparison.method,
  };
}

function finite(value: number): ReportNumber {
  return Number.isFinite(value) ? value : null;
}
