import { isMgitError, MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import { decideGate } from '../../eval/gate/decide.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import { type Verdict, worstOf } from '../../eval/gate/verdict.ts';
import { signStatement } from '../../eval/report/dsse.ts';
import type { SigningKey } from '../../eval/report/keys.ts';
import type { GateReport } from '../../eval/report/report.ts';
import { gateStatement, testResultStatement } from '../../eval/report/statement.ts';
import { reportedRule, summarise } from '../../eval/report/summary.ts';
import type { Repository } from '../repository.ts';
import { attemptNumber } from './attempts.ts';
import { reportBindings } from './bindings.ts';
import type { GateResult, GateRun, RunGatesOptions } from './gate-run.ts';
import { healCandidate } from './heal.ts';
import type { GateJob, GateMeasured } from './job.ts';
import { measureGate } from './measure.ts';
import type { TargetPolicy } from './policy.ts';
import { type PreparedRun, prepareRun } from './prepare.ts';
import { addReports, freeNumber } from './reports.ts';
import { openWorkspace } from './workspace.ts';

/**
 * Gates a candidate as the target branch's tip demands: measures base, parents and candidate in one job, decides, signs a report
 * per gate and keeps it under `refs/mgit/reports`. The branch is not moved: its caller does that, on `pass`, by compare-and-swap from `tip`.
 *
 * Before anything runs: `GATE_TARGET_MISSING`, `GATE_NOT_PROTECTED`, `GATE_CANDIDATE_STALE`, `GATE_KEY_MISSING`, `GATE_KEY_UNTRUSTED`,
 * `GATE_POLICY_CHANGE`, `GATE_DATA_*`, `GATE_RUNNER_MISSING`, `GATE_ACCELERATOR_MISSING`. What goes wrong in a gate later is its verdict
 * `error`, without a report.
 */
export async function runGates(repository: Repository, options: RunGatesOptions): Promise<GateRun> {
  const prepared = await prepareRun(repository, options);
  await using workspace = await openWorkspace(repository, prepared.policy, options);
  const healing = prepared.gates.find(gate => gate.finetune?.mode === 'heal');
  const candidate = healing
    ? await healCandidate(repository, { ...prepared, gate: healing, workspace, operation: options }).catch(
        (error: unknown) => {
          throw isOfGate(error) ? asGateError(error, prepared.policy, healing) : error;
        },
      )
    : options.candidate;
  const healedFrom = healing ? options.candidate : null;
  const gates: GateResult[] = [];
  for (const gate of prepared.gates) {
    const job = { ...prepared, gate, candidate, healedFrom };
    gates.push(
      await runGate(repository, job, ({ base, parents }) =>
        workspace.jobFor({ gate, candidate, base, parents }),
      ),
    );
  }
  return {
    verdict: worstVerdict(gates.map(({ verdict }) => verdict)),
    candidate,
    targetRef: options.targetRef,
    tip: prepared.policy.tip,
    gates,
    complete: prepared.complete,
  };
}

/** One gate of a run, before it is measured. */
interface GateRequest extends Pick<PreparedRun, 'policy' | 'key'> {
  readonly gate: GatePolicy;
  readonly candidate: CommitId;
  readonly healedFrom: CommitId | null;
}

type OpenJob = (lineage: {
  readonly base: CommitId;
  readonly parents: readonly CommitId[];
}) => Promise<GateJob>;

async function runGate(repository: Repository, request: GateRequest, openJob: OpenJob): Promise<GateResult> {
  const { gate, policy } = request;
  const startedAt = new Date(repository.ports.clock.now()).toISOString();
  try {
    const bindings = await reportBindings(repository.history, request);
    const measured = await measureGate(await openJob(bindings));
    const report: GateReport = {
      bindings,
      attempt: await attemptNumber(repository.history, bindings, policy.keys),
      ...resultsOf(gate, measured),
      environment: { ...measured.environment, runner: gate.runner ?? 'local' },
      startedAt,
      finishedAt: new Date(repository.ports.clock.now()).toISOString(),
    };
    const reportPath = await keep(repository, report, request.key);
    return { gate: gate.name, verdict: report.verdict, report, reportPath };
  } catch (error) {
    if (!isOfGate(error)) throw error;
    return { gate: gate.name, verdict: 'error', error: asGateError(error, policy, gate) };
  }
}

function resultsOf(
  gate: GatePolicy,
  measured: GateMeasured,
): Pick<GateReport, 'verdict' | 'accept' | 'rules' | 'measurements'> {
  const accept = gate.accept ?? [];
  if (!measured.measurements)
    return { verdict: measured.outcome ?? 'inconclusive', accept, rules: [], measurements: [] };
  const decision = decideGate(accept, measured.measurements);
  return {
    verdict: decision.verdict,
    accept,
    rules: decision.rules.map(reportedRule),
    measurements: summarise(measured.measurements),
  };
}

async function keep(repository: Repository, report: GateReport, key: SigningKey): Promise<string> {
  const { candidate, gate } = report.bindings;
  const place = { candidate: candidate.commit, gate };
  const stem = `${candidate.commit}/${gate}/${await freeNumber(repository.history, place, report.attempt)}`;
  const signed = (statement: string): string => `${JSON.stringify(signStatement(statement, key))}\n`;
  await addReports(
    repository.history,
    [
      { path: `${stem}.dsse.json`, text: signed(gateStatement(report)) },
      { path: `${stem}.test-result.dsse.json`, text: signed(testResultStatement(report)) },
    ],
    `gate ${gate}: ${report.verdict} for ${candidate.commit.slice(0, 10)}`,
  );
  return `${stem}.dsse.json`;
}

/** Neither a bug nor Ctrl-C. */
function isOfGate(error: unknown): error is MgitError {
  return isMgitError(error) && error.code !== 'INTERRUPTED';
}

/** Whatever kept a gate from running is the gate's error, under a code that says so. */
function asGateError(error: MgitError, policy: TargetPolicy, gate: GatePolicy): MgitError {
  if (error.code.startsWith('GATE_')) return error;
  return new MgitError('GATE_FAILED_TO_RUN', `gate ${gate.name} of ${policy.ref}: ${error.message}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
    details: { code: error.code },
  });
}

function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail';
  if (verdicts.includes('error')) return 'error';
  return worstOf(verdicts.filter(verdict => verdict !== 'error'));
}
