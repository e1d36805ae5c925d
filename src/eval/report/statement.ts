import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { MgitError } from '../../base/errors.ts';
import { GATE_REPORT_TYPE, type GateReport } from './report.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const TEST_RESULT_TYPE = 'https://in-toto.io/attestation/test-result/v0.1';

/** The text of the in-toto statement that carries a gate report. Source: in-toto attestation framework, Statement v1. */
export function gateStatement(report: GateReport): string {
  return statement(report, GATE_REPORT_TYPE, report as unknown as JsonValue);
}

/** The same result for tools that know only in-toto's test-result v0.1. */
export function testResultStatement(report: GateReport): string {
  const named = (outcome: string): readonly string[] =>
    report.rules
      .filter(rule => rule.outcome === outcome)
      .map(rule => `${report.bindings.gate}: ${rule.reason}`);
  const result = { pass: 'PASSED', inconclusive: 'WARNED', fail: 'FAILED' }[report.verdict];
  return statement(report, TEST_RESULT_TYPE, {
    result,
    configuration: [
      { name: 'mgit.yaml', digest: { gitBlob: report.bindings.policy.projectFile } },
      ...[...report.bindings.recipes, ...report.bindings.data].map(({ path, digest }) => ({
        name: path,
        digest: { sha256: digest },
      })),
    ],
    passedTests: named('pass'),
    warnedTests: named('inconclusive'),
    failedTests: named('fail'),
  });
}

function statement({ bindings }: GateReport, predicateType: string, predicate: JsonValue): string {
  const { candidate } = bindings;
  return canonicalJson({
    _type: STATEMENT_TYPE,
    subject: [
      ...candidate.models.map(({ path, digest }) => ({ name: path, digest: { sha256: digest } })),
      { name: 'commit', digest: { gitCommit: candidate.commit } },
      { name: 'tree', digest: { gitTree: candidate.tree } },
    ],
    predicateType,
    predicate,
  });
}

/**
 * Reads the gate report out of a statement's text and checks the form of what mgit relies on.
 * Errors: `GATE_REPORT_INVALID`.
 */
export function parseGateStatement(text: string): GateReport {
  const value = parsed(text) as Partial<Record<string, unknown>> | null;
  if (value?._type !== STATEMENT_TYPE || value.predicateType !== GATE_REPORT_TYPE)
    throw new MgitError('GATE_REPORT_INVALID', 'the signed statement is not a gate report of mgit');
  const report = value.predicate as Partial<GateReport> | null;
  const { bindings } = report ?? {};
  const isComplete =
    typeof report?.attempt === 'number' &&
    typeof report.verdict === 'string' &&
    ['pass', 'fail', 'inconclusive'].includes(report.verdict) &&
    Array.isArray(report.rules) &&
    Array.isArray(report.measurements) &&
    typeof bindings?.gate === 'string' &&
    typeof bindings.candidate?.commit === 'string' &&
    typeof bindings.target?.ref === 'string' &&
    typeof bindings.target?.tip === 'string' &&
    Array.isArray(bindings.parents);
  if (!isComplete) throw new MgitError('GATE_REPORT_INVALID', 'the gate report is incomplete');
  if (canonicalJson(value.subject as JsonValue) !== canonicalJson(subjectOf(report as GateReport)))
    throw new MgitError('GATE_REPORT_INVALID', 'the subjects of the statement are not those of its report');
  return report as GateReport;
}

function subjectOf(report: GateReport): JsonValue {
  return (JSON.parse(statement(report, GATE_REPORT_TYPE, null)) as { subject: JsonValue }).subject;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MgitError('GATE_REPORT_INVALID', 'the signed payload is not JSON', { cause });
  }
}

/** SHA-256 in hexadecimal. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
