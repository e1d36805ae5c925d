import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { isMgitError, MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import type { ReportBindings } from '../../eval/report/bindings.ts';
import { openEnvelope } from '../../eval/report/dsse.ts';
import type { TrustedKey } from '../../eval/report/keys.ts';
import type { GateReport } from '../../eval/report/report.ts';
import { parseGateStatement } from '../../eval/report/statement.ts';
import type { History } from '../../store/history/history.ts';
import { reportBindings } from './bindings.ts';
import { type TargetPolicy, targetPolicy } from './policy.ts';
import { readReports, type StoredReport } from './reports.ts';

/** A report that holds: who signed it, and where it is. */
export interface VerifiedGate {
  readonly gate: string;
  readonly path: string;
  readonly attempt: number;
  readonly key: { readonly name: string; readonly keyId: string };
  readonly policyChange: boolean;
}

/** One step of a protected branch: `candidate` was gated on `tip` and passed everything that this tip demands. */
export interface VerifiedStep {
  readonly candidate: CommitId;
  readonly tip: CommitId;
  readonly gates: readonly VerifiedGate[];
}

/** Where reports are looked for, and which keys count besides. */
export interface VerifyOptions {
  /** Full name of the protected branch. */
  readonly ref: string;
  /** Report commits to read; default: the local ref's. */
  readonly reports?: readonly ObjectId[];
  /** Signatures must be by keys that this commit trusts, too. */
  readonly keysFrom?: CommitId;
}

/** A candidate with all that is kept about it, and why what is kept does not do. */
export interface Search {
  readonly history: History;
  readonly options: VerifyOptions;
  readonly pinnedKeys: ReadonlySet<string> | undefined;
  readonly problems: string[];
}

/** The reports on a candidate, wherever the search looks. */
export async function reportsOn(search: Search, candidate: CommitId): Promise<readonly StoredReport[]> {
  const places = search.options.reports ?? [undefined];
  const found = await Promise.all(
    places.map(at => readReports(search.history, { candidate, ...(at ? { at } : {}) })),
  );
  return found.flat();
}

/** Whether a candidate passed every gate that a tip requires; undefined, with the reasons in `problems`, where no report shows it. */
export async function verifyStep(
  search: Search,
  candidate: CommitId,
  tip: CommitId,
): Promise<VerifiedStep | undefined> {
  const policy = await targetPolicy(search.history, search.options.ref, tip);
  if (!policy) return { candidate, tip, gates: [] };
  const reports = await reportsOn(search, candidate);
  const gates: VerifiedGate[] = [];
  for (const gate of policy.gates) {
    const verified = await firstValid(search, { policy, gate, candidate, reports });
    if (!verified) return undefined;
    gates.push(verified);
  }
  return { candidate, tip, gates };
}

interface GateQuestion {
  readonly policy: TargetPolicy;
  readonly gate: GatePolicy;
  readonly candidate: CommitId;
  readonly reports: readonly StoredReport[];
}

async function firstValid(search: Search, question: GateQuestion): Promise<VerifiedGate | undefined> {
  const ofGate = question.reports.filter(({ gate }) => gate === question.gate.name);
  if (ofGate.length === 0)
    search.problems.push(`there is no report of gate ${question.gate.name} on ${short(question.candidate)}`);
  for (const stored of ofGate.toReversed()) {
    try {
      return await verifyStored(search, question, stored);
    } catch (error) {
      if (!isMgitError(error)) throw error;
      search.problems.push(`${stored.path}: ${error.message}`);
    }
  }
  return undefined;
}

async function verifyStored(
  search: Search,
  question: GateQuestion,
  stored: StoredReport,
): Promise<VerifiedGate> {
  const { text, key } = openEnvelope(stored.envelope, countingKeys(search, question.policy));
  const report = parseGateStatement(text);
  await checkBindings(search.history, question, report);
  if (report.verdict !== 'pass') throw refused(`its verdict is ${report.verdict}`);
  return {
    gate: report.bindings.gate,
    path: stored.path,
    attempt: report.attempt,
    key: { name: key.name, keyId: key.keyId },
    policyChange: report.bindings.policyChange,
  };
}

function countingKeys(search: Search, policy: TargetPolicy): readonly TrustedKey[] {
  return search.pinnedKeys ? policy.keys.filter(({ keyId }) => search.pinnedKeys?.has(keyId)) : policy.keys;
}

/** Compares what the report says it is about with what the repository says. */
async function checkBindings(history: History, question: GateQuestion, report: GateReport): Promise<void> {
  const { policy, gate, candidate } = question;
  const claimed = report.bindings;
  const mayHeal = policy.gates.some(({ finetune }) => finetune?.mode === 'heal');
  const healedFrom = mayHeal ? (claimed.healedFrom ?? null) : null;
  const expected = await reportBindings(history, { policy, gate, candidate, healedFrom });
  for (const key of Object.keys(expected) as (keyof ReportBindings)[])
    if (!sameJson(claimed[key], expected[key]))
      throw refused(`its ${key} is not that of this candidate and tip`);
}

function sameJson(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left as JsonValue) === canonicalJson(right as JsonValue);
}

function refused(message: string): MgitError {
  return new MgitError('GATE_REPORT_REFUSED', message);
}

/** A commit's name for people. */
export function short(id: CommitId): string {
  return id.slice(0, 10);
}
