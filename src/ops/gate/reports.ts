import { isMgitError, MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { type Envelope, openEnvelope, parseEnvelope, unverifiedText } from '../../eval/report/dsse.ts';
import type { TrustedKey } from '../../eval/report/keys.ts';
import type { GateReport } from '../../eval/report/report.ts';
import { parseGateStatement } from '../../eval/report/statement.ts';
import type { History, TreeFile } from '../../store/history/history.ts';

/** Where reports are kept: `<candidate>/<gate>/<attempt>.dsse.json`, and each one's test result beside it. */
export const REPORTS_REF = 'refs/mgit/reports';

const REPORT_PATH = /^([0-9a-f]{40,64})\/([a-z0-9][a-z0-9._-]*)\/([1-9][0-9]{0,8})\.dsse\.json$/;
const KEPT_PATH = /^[0-9a-f]{40,64}\/[a-z0-9][a-z0-9._-]*\/[1-9][0-9]{0,8}\.(?:test-result\.)?dsse\.json$/;
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

/**
 * The reports of a candidate, or all, in the order of their attempts; `at` is another commit than the ref's. Whoever may push may put anything there,
 * so files that are no signed statements are passed over.
 */
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
    const envelope = match && isRegular(file) ? readEnvelope(await history.readBlob(file.id)) : undefined;
    if (!match || !envelope) continue;
    const [, candidate, gate, attempt] = match;
    reports.push({
      path: file.path,
      candidate: candidate as CommitId,
      gate: gate as string,
      attempt: Number(attempt),
      envelope,
    });
  }
  return reports.sort(byAttempt);
}

function byAttempt(left: StoredReport, right: StoredReport): number {
  const [here, there] = [left, right].map(({ candidate, gate }) => `${candidate}/${gate}`) as [
    string,
    string,
  ];
  if (here === there) return left.attempt - right.attempt;
  return here < there ? -1 : 1;
}

function isRegular({ mode }: TreeFile): boolean {
  return (mode & 0o170000) === 0o100000;
}

function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  try {
    return parseEnvelope(bytes);
  } catch (error) {
    if (isMgitError(error, 'GATE_REPORT_INVALID')) return undefined;
    throw error;
  }
}

/** The first number from `atLeast` on under which nothing is kept yet for a gate of a candidate. */
export async function freeNumber(
  history: History,
  { candidate, gate }: { readonly candidate: CommitId; readonly gate: string },
  atLeast: number,
): Promise<number> {
  const tip = (await history.readRef(REPORTS_REF)) as CommitId | undefined;
  const folder = `${candidate}/${gate}/`;
  const taken = new Set(
    (tip ? await filesOf(history, tip) : [])
      .filter(({ path }) => path.startsWith(folder))
      .map(({ path }) => Number.parseInt(path.slice(folder.length), 10)),
  );
  let number = atLeast;
  while (taken.has(number)) number++;
  return number;
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

/** What a stored report says, if one of these keys signed it. Whether it fits its candidate is for `gate verify` to say. */
export function signedReport(stored: StoredReport, keys: readonly TrustedKey[]): GateReport | undefined {
  try {
    return parseGateStatement(openEnvelope(stored.envelope, keys).text);
  } catch (error) {
    if (isMgitError(error, 'GATE_REPORT_INVALID', 'GATE_REPORT_UNTRUSTED')) return undefined;
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
  const existing = tip ? await filesOf(history, tip) : [];
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

/** What a commit keeps. Other files are not carried on: one named as a report's folder would stand in its way for ever. */
async function filesOf(history: History, commit: CommitId): Promise<readonly TreeFile[]> {
  const files = await history.listTree((await history.readCommit(commit)).tree);
  return files.filter(file => isRegular(file) && KEPT_PATH.test(file.path));
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
