import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { MgitError } from '../../base/errors.ts';
import { schemaValidator } from '../../base/json-schema.ts';
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

function statement(report: GateReport, predicateType: string, predicate: JsonValue): string {
  return canonicalJson({ _type: STATEMENT_TYPE, subject: subjectsOf(report), predicateType, predicate });
}

function subjectsOf({ bindings: { candidate } }: GateReport): readonly JsonValue[] {
  return [
    ...candidate.models.map(({ path, digest }) => ({ name: path, digest: { sha256: digest } })),
    { name: 'commit', digest: { gitCommit: candidate.commit } },
    { name: 'tree', digest: { gitTree: candidate.tree } },
  ];
}

/**
 * Reads the gate report out of a statement's text, which may be anybody's: `schema/gate-report.schema.json` says what it must hold.
 * Errors: `GATE_REPORT_INVALID`.
 */
export function parseGateStatement(text: string): GateReport {
  const value = parsed(text) as Partial<Record<string, unknown>> | null;
  if (value?._type !== STATEMENT_TYPE || value.predicateType !== GATE_REPORT_TYPE)
    throw new MgitError('GATE_REPORT_INVALID', 'the signed statement is not a gate report of mgit');
  const validate = schemaValidator('gate-report.schema.json');
  if (!validate(value.predicate)) {
    const [problem] = validate.errors ?? [];
    throw new MgitError(
      'GATE_REPORT_INVALID',
      `the gate report is malformed: ${problem?.instancePath} ${problem?.message}`,
    );
  }
  const report = value.predicate as unknown as GateReport;
  if (!isDeepStrictEqual(value.subject, subjectsOf(report)))
    throw new MgitError('GATE_REPORT_INVALID', 'the subjects of the statement are not those of its report');
  return report;
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
