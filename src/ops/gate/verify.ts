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
import { claimedReport, readReports, type StoredReport } from './reports.ts';

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
interface Search {
  readonly history: History;
  readonly options: VerifyOptions;
  readonly pinnedKeys: ReadonlySet<string> | undefined;
  readonly problems: string[];
}

/**
 * Verifies that a branch may move from `from` to `to`: a chain of reports must lead from `to` back to `from`, each signed by a key that
 * the tip it was gated on trusts, saying pass for every gate that this tip requires, and bound to exactly that candidate. Reads the
 * repository only. Returns the steps, newest first; none when the branch is not protected at `from`. Errors: `GATE_VERIFY_FAILED`.
 */
export async function verifyRange(
  history: History,
  range: { readonly from: CommitId; readonly to: CommitId },
  options: VerifyOptions,
): Promise<readonly VerifiedStep[]> {
  if (range.from === range.to) return [];
  if (!(await targetPolicy(history, options.ref, range.from))) return [];
  const search = await newSearch(history, options);
  const steps = await chain(search, range, new Set());
  if (steps) return steps;
  throw failed(range.to, options.ref, search.problems);
}

/** Verifies one commit against a tip that it was gated on: any ancestor of it that the reports name. Errors: `GATE_VERIFY_FAILED`. */
export async function verifyCandidate(
  history: History,
  candidate: CommitId,
  options: VerifyOptions,
): Promise<VerifiedStep> {
  const search = await newSearch(history, options);
  for (const tip of await claimedTips(search, candidate)) {
    const step = await verifyStep(search, candidate, tip);
    if (step) return step;
  }
  throw failed(candidate, options.ref, search.problems);
}

/**
 * Verifies one commit for a branch as it stands: a commit that waits must have been gated on the branch's tip, one that has landed on a
 * commit before it. Undefined when the branch is not protected at its tip. Errors: `GATE_VERIFY_FAILED`, `GATE_TARGET_MISSING`.
 */
export async function verifyForBranch(
  history: History,
  candidate: CommitId,
  options: VerifyOptions,
): Promise<VerifiedStep | undefined> {
  const tip = await history.readRef(options.ref);
  if (!tip)
    throw new MgitError(
      'GATE_TARGET_MISSING',
      `there is no branch ${options.ref.replace(/^refs\/heads\//, '')}`,
      {
        hint: 'name the protected branch with --onto',
      },
    );
  if (!(await targetPolicy(history, options.ref, tip as CommitId))) return undefined;
  const step = await verifyCandidate(history, candidate, options);
  if (step.tip === tip || (await history.isAncestor(candidate, tip as CommitId))) return step;
  throw failed(candidate, options.ref, [
    `it was gated on ${short(step.tip)}, but the tip is ${short(tip as CommitId)}`,
  ]);
}

async function newSearch(history: History, options: VerifyOptions): Promise<Search> {
  const problems: string[] = [];
  if (!options.keysFrom) return { history, options, pinnedKeys: undefined, problems };
  const pinned = await targetPolicy(history, options.ref, options.keysFrom);
  return { history, options, pinnedKeys: new Set(pinned?.keys.map(({ keyId }) => keyId)), problems };
}

async function chain(
  search: Search,
  { from, to }: { readonly from: CommitId; readonly to: CommitId },
  visited: Set<CommitId>,
): Promise<readonly VerifiedStep[] | undefined> {
  if (visited.has(to)) return undefined;
  visited.add(to);
  for (const tip of await claimedTips(search, to)) {
    if (tip !== from && !(await search.history.isAncestor(from, tip))) {
      search.problems.push(
        `a report on ${short(to)} was made on ${short(tip)}, which does not follow ${short(from)}`,
      );
      continue;
    }
    const step = await verifyStep(search, to, tip);
    if (!step) continue;
    if (tip === from) return [step];
    const before = await chain(search, { from, to: tip }, visited);
    if (before) return [step, ...before];
  }
  return undefined;
}

async function reportsOn(search: Search, candidate: CommitId): Promise<readonly StoredReport[]> {
  const places = search.options.reports ?? [undefined];
  const found = await Promise.all(
    places.map(at => readReports(search.history, { candidate, ...(at ? { at } : {}) })),
  );
  return found.flat();
}

/** The tips that reports on a candidate name. Unverified: each is only a place to begin. */
async function claimedTips(search: Search, candidate: CommitId): Promise<readonly CommitId[]> {
  const reports = await reportsOn(search, candidate);
  if (reports.length === 0) search.problems.push(`there is no report on ${short(candidate)}`);
  const tips = new Set<CommitId>();
  for (const stored of reports) {
    const target = claimedReport(stored)?.bindings.target;
    if (!target) search.problems.push(`${stored.path} cannot be read`);
    else if (target.ref !== search.options.ref) search.problems.push(`${stored.path} is about ${target.ref}`);
    else if (await isTip(search.history, target.tip, candidate)) tips.add(target.tip);
    else search.problems.push(`${stored.path} names a tip that ${short(candidate)} is not built on`);
  }
  return [...tips];
}

async function isTip(history: History, tip: CommitId, candidate: CommitId): Promise<boolean> {
  return tip !== candidate && (await isCommit(history, tip)) && history.isAncestor(tip, candidate);
}

async function isCommit(history: History, id: CommitId): Promise<boolean> {
  try {
    await history.readCommit(id);
    return true;
  } catch (error) {
    if (isMgitError(error, 'OBJECT_MISSING', 'OBJECT_TYPE_MISMATCH', 'OBJECT_CORRUPT')) return false;
    throw error;
  }
}

async function verifyStep(
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

function failed(candidate: CommitId, ref: string, problems: readonly string[]): MgitError {
  const unique = [...new Set(problems)];
  return new MgitError(
    'GATE_VERIFY_FAILED',
    `${short(candidate)} may not become the tip of ${ref.replace(/^refs\/heads\//, '')}:\n  ${unique.join('\n  ')}`,
    {
      hint: 'gate the candidate on the current tip with a key that this tip trusts, and push the reports with it',
      details: { problems: unique },
    },
  );
}

function short(id: CommitId): string {
  return id.slice(0, 10);
}
