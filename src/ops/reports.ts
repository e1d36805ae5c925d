import { isMgitError, MgitError } from '../base/errors.ts';
import type { CommitId, ObjectId } from '../base/ids.ts';
import { type Envelope, parseEnvelope, unverifiedText } from '../eval/report/dsse.ts';
import type { GateReport } from '../eval/report/report.ts';
import { parseGateStatement } from '../eval/report/statement.ts';
import type { History, TreeFile } from '../store/history/history.ts';

/** Where reports are kept: `<candidate>/<gate>/<attempt>.dsse.json`, and each one's test result beside it. */
export const REPORTS_REF = 'refs/mgit/reports';

const REPORT_PATH = /^([0-9a-f]{40,64})\/([a-z0-9][a-z0-9._-]*)\/([0-9]+)\.dsse\.json$/;
const ADD_ATTEMPTS = 20;

/** A report as it is kept. Its content proves nothing before its signature is checked. */
export interface StoredReport {
  readonly path: string;
  readonly candidate: CommitId;
  readonly gate: string;
  readonly attempt: number;
  readonly envelope: Envelope;
}

/** A file to keep under {@link REPORTS_REF}. */
export interface ReportFile {
  readonly path: string;
  readonly text: string;
}

/** The reports of a candidate, or all, sorted by path; `at` is another commit than the ref's. Files that are no reports are passed over. */
export async function readReports(
  history: History,
  options: { readonly candidate?: CommitId; readonly at?: ObjectId } = {},
): Promise<readonly StoredReport[]> {
  const commit = options.at ?? (await history.readRef(REPORTS_REF));
  if (!commit) return [];
  const { tree } = await history.readCommit(commit as CommitId);
  const files = await history.listTree(tree, options.candidate);
  const reports: StoredReport[] = [];
  for (const file of files) {
    const match = REPORT_PATH.exec(file.path);
    if (match) reports.push(await storedReport(history, file, match));
  }
  return reports;
}

async function storedReport(history: History, file: TreeFile, match: RegExpExecArray): Promise<StoredReport> {
  return {
    path: file.path,
    candidate: match[1] as CommitId,
    gate: match[2] as string,
    attempt: Number(match[3]),
    envelope: parseEnvelope(await history.readBlob(file.id)),
  };
}

/** What a stored report says, unchecked: for lists and displays. Undefined when it says nothing readable. */
export function claimedReport(stored: StoredReport): GateReport | undefined {
  try {
    return parseGateStatement(unverifiedText(stored.envelope));
  } catch (error) {
    if (isMgitError(error, 'GATE_REPORT_INVALID')) return undefined;
    throw error;
  }
}

/**
 * Adds files in one commit; tries again when somebody else was faster. What is there is never replaced.
 * Errors: `REF_CONFLICT` after many tries, `GATE_REPORT_EXISTS`.
 */
export async function addReports(
  history: History,
  files: readonly ReportFile[],
  reason: string,
): Promise<void> {
  const entries = await Promise.all(
    files.map(
      async ({ path, text }): Promise<TreeFile> => ({
        path,
        mode: 0o100644,
        id: await history.writeBlob(Buffer.from(text)),
      }),
    ),
  );
  for (let attempt = 1; ; attempt++) {
    const tip = await history.readRef(REPORTS_REF);
    try {
      const target = await commitWith(history, tip as CommitId | undefined, entries, reason);
      return await history.updateRefs([{ ref: REPORTS_REF, target, expected: tip ?? null }], reason);
    } catch (error) {
      if (!isMgitError(error, 'REF_CONFLICT', 'REF_LOCKED') || attempt === ADD_ATTEMPTS) throw error;
    }
  }
}

async function commitWith(
  history: History,
  tip: CommitId | undefined,
  entries: readonly TreeFile[],
  message: string,
): Promise<CommitId> {
  const existing = tip ? await history.listTree((await history.readCommit(tip)).tree) : [];
  const taken = new Set(existing.map(({ path }) => path));
  for (const { path } of entries)
    if (taken.has(path)) throw new MgitError('GATE_REPORT_EXISTS', `there is a report ${path} already`);
  const tree = await history.writeTree([...existing, ...entries]);
  return history.writeCommit({ tree, parents: tip ? [tip] : [], message: `${message}\n`, sign: false });
}

/**
 * The union of two report commits, for fetch and push: one of them when it holds the other, else a merge commit of both.
 * A path that both hold with different content keeps ours, and theirs under a name of its own, so that nothing is lost or replaced.
 */
export async function mergeReportTrees(
  history: History,
  ours: CommitId | undefined,
  theirs: CommitId | undefined,
): Promise<CommitId | undefined> {
  if (!ours || !theirs || ours === theirs) return ours ?? theirs;
  if (await history.isAncestor(theirs, ours)) return ours;
  if (await history.isAncestor(ours, theirs)) return theirs;
  const [left, right] = await Promise.all([filesOf(history, ours), filesOf(history, theirs)]);
  const tree = await history.writeTree(unionOf(left, right));
  return history.writeCommit({ tree, parents: [ours, theirs], message: 'Unite gate reports\n', sign: false });
}

async function filesOf(history: History, commit: CommitId): Promise<readonly TreeFile[]> {
  return history.listTree((await history.readCommit(commit)).tree);
}

function unionOf(left: readonly TreeFile[], right: readonly TreeFile[]): readonly TreeFile[] {
  const union = new Map(left.map(file => [file.path, file]));
  for (const file of right) {
    const path = freePath(file, union);
    if (path !== undefined) union.set(path, { ...file, path });
  }
  return [...union.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The path for a file of the other side; undefined when it is there already. Two attempts of one number become two numbers. */
function freePath(file: TreeFile, union: ReadonlyMap<string, TreeFile>): string | undefined {
  for (let path = file.path; ; path = nextNumber(path)) {
    const taken = union.get(path);
    if (!taken) return path;
    if (taken.id === file.id) return undefined;
  }
}

function nextNumber(path: string): string {
  const match = /^(.*\/)([0-9]+)(\.[^/]*)$/.exec(path);
  return match ? `${match[1]}${Number(match[2]) + 1}${match[3]}` : `${path}.other`;
}
