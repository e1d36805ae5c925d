import type { CommitId, ObjectId } from '../../src/base/ids.ts';
import { decideGate } from '../../src/eval/gate/decide.ts';
import type { GateMeasurements, ModelMeasurements } from '../../src/eval/gate/measurements.ts';
import type { AcceptRule } from '../../src/eval/gate/policy.ts';
import type { ReportBindings } from '../../src/eval/report/bindings.ts';
import type { GateReport } from '../../src/eval/report/report.ts';
import { reportedRule, summarise } from '../../src/eval/report/summary.ts';

/** A made-up object id: one digit, forty times. */
export function objectId(digit: string): ObjectId {
  return digit.repeat(40) as ObjectId;
}

/** A made-up commit id. */
export function commitId(digit: string): CommitId {
  return objectId(digit) as CommitId;
}

/** A model that is right on the first `right` of `n` items. */
export function rightOn(right: number, n = 1000): ModelMeasurements {
  const values = Array.from({ length: n }, (_, index) => (index < right ? 1 : 0));
  const items = { ids: values.map((_, index) => `${index}`), values };
  return { asIs: { metrics: { accuracy: { value: right / n, items } } }, probes: [] };
}

const BINDINGS: ReportBindings = {
  gate: 'digits',
  candidate: {
    commit: commitId('c'),
    tree: objectId('d'),
    models: [{ path: 'model.safetensors', digest: 'ab'.repeat(32) }],
  },
  target: { ref: 'refs/heads/main', tip: commitId('1') },
  base: commitId('0'),
  parents: [commitId('1'), commitId('2')],
  healedFrom: null,
  policy: { digest: 'cd'.repeat(32), projectFile: objectId('e') },
  policyChange: false,
  policyChanges: [],
  recipes: [],
  data: [{ path: 'data/test', use: 'eval', source: 'tree', digest: 'ef'.repeat(32) }],
  seeds: [],
};

/** A report of a passed gate, with made-up ids and real statistics. */
export function sampleReport(changes: Partial<GateReport> = {}): GateReport {
  const measured: GateMeasurements = {
    base: rightOn(500),
    target: rightOn(700),
    parents: [rightOn(700), rightOn(650)],
    candidate: rightOn(800),
  };
  const accept: readonly AcceptRule[] = [
    { metric: 'accuracy', against: 'parents', improve: true },
    { metric: 'accuracy', against: 'best-parent', margin: 0.005 },
  ];
  const decision = decideGate(accept, measured);
  return {
    bindings: BINDINGS,
    attempt: 1,
    verdict: decision.verdict,
    accept,
    rules: decision.rules.map(reportedRule),
    measurements: summarise(measured),
    environment: { mgit: '0.0.0' },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:01:00.000Z',
    ...changes,
  };
}
