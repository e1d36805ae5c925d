import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { EvaluationPolicy } from '../../eval/gate/policy.ts';
import type { GateReport } from '../../eval/report/report.ts';
import type { CardGateRow } from '../../hub/model-card.ts';
import type { Commit, History } from '../../store/history/history.ts';
import { claimedReport, readReports, type StoredReport } from '../gate/reports.ts';
import { verifyCandidate } from '../gate/verify.ts';
import type { VerifiedStep } from '../gate/verify-step.ts';
import { type ProjectFile, readProjectFile } from '../project/project-file.ts';

/** The gate results of a commit, from verified reports only; a report that does not hold is left out with a warning. */
export async function cardGates(
  history: History,
  commit: Commit,
  { onEvent }: Pick<LongOperation, 'onEvent'>,
): Promise<readonly CardGateRow[]> {
  const stored = await readReports(history, { candidate: commit.id });
  const targets = new Set(stored.flatMap(report => claimedReport(report)?.bindings.target.ref ?? []));
  const rows: CardGateRow[] = [];
  for (const ref of targets) {
    try {
      const step = await verifyCandidate(history, commit.id, { ref });
      rows.push(...rowsOf(step, { stored, project: await readProjectFile(history, step.tip) }));
    } catch (error) {
      if (!isMgitError(error, 'GATE_VERIFY_FAILED')) throw error;
      onEvent?.({
        type: 'warning',
        code: error.code,
        message: error.message,
        hint: 'the card leaves these reports out',
      });
    }
  }
  return rows;
}

interface Background {
  readonly stored: readonly StoredReport[];
  /** At the tip that the candidate was gated on. */
  readonly project: ProjectFile;
}

function rowsOf(step: VerifiedStep, { stored, project }: Background): CardGateRow[] {
  return step.gates.flatMap(gate => {
    const report = stored.find(candidate => candidate.path === gate.path);
    const claimed = report && claimedReport(report);
    const policy = project.gates.find(({ name }) => name === gate.gate);
    return claimed ? metricRows(claimed, policy?.eval) : [];
  });
}

/** One row per metric of the models as they are: probes say what a model can become, not what this one is. */
function metricRows(report: GateReport, evaluation: EvaluationPolicy | undefined): CardGateRow[] {
  const asIs = report.measurements.filter(entry => entry.seed === undefined);
  const scoreOf = (role: string, metric: string): number | undefined =>
    asIs.find(entry => entry.role === role && entry.metric === metric)?.value ?? undefined;
  return asIs
    .filter(entry => entry.role === 'candidate' && entry.value !== null)
    .filter(entry => evaluation?.metrics.includes(entry.metric) ?? true)
    .map(entry => ({
      gate: report.bindings.gate,
      verdict: report.verdict,
      metric: entry.metric,
      dataset: report.bindings.data[0]?.path.split('/').at(-1) ?? report.bindings.gate,
      task: evaluation?.task ?? 'other',
      items: entry.n,
      base: scoreOf('base', entry.metric),
      parents: report.bindings.parents.map((_, index) => scoreOf(`parent${index + 1}`, entry.metric)),
      candidate: entry.value as number,
    }));
}
