import type { JsonValue } from '../../base/canonical-json.ts';
import type { Verdict } from '../../eval/gate/verdict.ts';
import { gateTable } from '../../eval/report/gate-table.ts';
import type { GateReport } from '../../eval/report/report.ts';
import type { GateResult, GateRun } from '../../ops/gate/gate-run.ts';
import { EXIT } from '../exit-codes.ts';
import { type CliIo, paint, type Style, table } from '../io.ts';
import { jsonValue } from '../json.ts';

const COLORS: Readonly<Record<Verdict, Style>> = {
  pass: 'green',
  fail: 'red',
  inconclusive: 'yellow',
  error: 'red',
};

/** A verdict in its colour. */
export function verdictText(io: CliIo, verdict: Verdict): string {
  return paint(io, COLORS[verdict], verdict);
}

/** The exit status that a verdict has. */
export function verdictExitCode(verdict: Verdict): number {
  return {
    pass: EXIT.done,
    fail: EXIT.gateRejected,
    inconclusive: EXIT.gateInconclusive,
    error: EXIT.gateError,
  }[verdict];
}

/** A whole run: each gate's table, then what it comes to. */
export function gateRunText(io: CliIo, run: GateRun): string {
  const target = run.targetRef.replace(/^refs\/heads\//, '');
  const subject = `${run.candidate.slice(0, 10)} onto ${target}`;
  const missing = run.complete ? [] : ['Not every gate that the branch requires has run.'];
  return [
    ...run.gates.map(result => resultText(io, result)),
    ...missing,
    `${verdictText(io, run.verdict)}: ${subject}`,
  ].join('\n\n');
}

function resultText(io: CliIo, result: GateResult): string {
  if (result.verdict === 'error') {
    const hint =
      result.error.hint === undefined ? '' : `\n${paint(io, 'cyan', 'hint')}: ${result.error.hint}`;
    return `${result.gate}: ${verdictText(io, 'error')} [${result.error.code}] ${result.error.message}${hint}`;
  }
  return reportText(io, result.report);
}

/** One report: models side by side, then the rules. */
export function reportText(io: CliIo, report: GateReport): string {
  const { title, measurements, rules } = gateTable(report);
  const [name, ...rest] = title.split(': ');
  const heading = `${paint(io, 'bold', name ?? '')}: ${rest.join(': ').replace(report.verdict, verdictText(io, report.verdict))}`;
  const colored = rules.map(([outcome = '', ...cells]) => [verdictText(io, outcome as Verdict), ...cells]);
  return [
    heading,
    ...(measurements.length > 1 ? [indented(table(measurements, ['left', 'right']))] : []),
    ...(colored.length > 0 ? [indented(table(colored))] : []),
  ].join('\n');
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** A run as JSON: errors with code, message and hint. */
export function gateRunJson(run: GateRun): JsonValue {
  const gates = run.gates.map(result =>
    result.verdict === 'error'
      ? {
          gate: result.gate,
          verdict: result.verdict,
          error: { code: result.error.code, message: result.error.message, hint: result.error.hint ?? null },
        }
      : result,
  );
  return jsonValue({ ...run, gates });
}
