import type { GateReport, ReportedMetric, ReportedRule, ReportNumber } from './report.ts';

/**
 * A report as people read it: a header, then rows of base, parents and candidate side by side with 95 % intervals, then one
 * row per rule. Plain cells; the command line aligns them.
 */
export interface GateTable {
  readonly title: string;
  /** First row: column titles. */
  readonly measurements: readonly (readonly string[])[];
  readonly rules: readonly (readonly string[])[];
}

/** The table of a report. */
export function gateTable(report: GateReport): GateTable {
  const { gate, target, candidate } = report.bindings;
  const attempt = report.attempt > 1 ? `, attempt ${report.attempt}` : '';
  return {
    title: `${gate}: ${report.verdict}  (${candidate.commit.slice(0, 10)} onto ${target.ref.replace(/^refs\/heads\//, '')}${attempt})`,
    measurements: measurementRows(report.measurements),
    rules: report.rules.map(ruleRow),
  };
}

function measurementRows(all: readonly ReportedMetric[]): readonly (readonly string[])[] {
  const roles = [...new Set(all.map(({ role }) => role))];
  const keys = [...new Set(all.map(keyOf))];
  const rows = keys.map(key => {
    const ofKey = all.filter(entry => keyOf(entry) === key);
    const items = Math.max(0, ...ofKey.map(({ n }) => n));
    return [
      key,
      items === 0 ? '' : String(items),
      ...roles.map(role => cellOf(ofKey.find(entry => entry.role === role))),
    ];
  });
  return [['metric', 'n', ...roles], ...rows];
}

function keyOf({ metric, seed }: ReportedMetric): string {
  return seed === undefined ? metric : `${metric} (seed ${seed})`;
}

function cellOf(entry: ReportedMetric | undefined): string {
  if (!entry) return '';
  if (entry.low === null || entry.high === null) return show(entry.value);
  return `${show(entry.value)} [${show(entry.low)}, ${show(entry.high)}]`;
}

function ruleRow(rule: ReportedRule): readonly string[] {
  const wanted = rule.improve ? 'better than' : `within ${rule.margin} of`;
  return [
    rule.outcome,
    `${rule.metric}${rule.stage === 'probe' ? ' after probe' : ''} ${wanted} ${rule.against}`,
    rule.reason,
  ];
}

function show(value: ReportNumber): string {
  return value === null ? 'not a number' : value.toFixed(4);
}
