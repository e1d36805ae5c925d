import type { CommitId } from '../../base/ids.ts';
import type { Outcome } from '../../eval/gate/verdict.ts';
import type { GateReport } from '../../eval/report/report.ts';
import type { History } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { targetPolicy } from './policy.ts';
import { claimedReport, readReports, type StoredReport, signedReport } from './reports.ts';

/** A report as it claims to be, and the key that its envelope names. */
export interface ListedReport {
  readonly path: string;
  readonly key: string;
  readonly report: GateReport;
}

/** What a branch demands, and how the candidates fared that wait for it. */
export interface GateStatus {
  readonly ref: string;
  readonly isProtected: boolean;
  readonly gates: readonly string[];
  readonly keys: readonly { readonly name: string; readonly keyId: string }[];
  readonly candidates: readonly {
    readonly commit: CommitId;
    readonly verdicts: Readonly<Record<string, Outcome>>;
  }[];
}

/** The state of a branch's gates. Verdicts are those of reports on its current tip, by keys that it trusts. */
export async function gateStatus({ history }: Repository, ref: string): Promise<GateStatus> {
  const tip = await history.readRef(ref);
  const policy = tip ? await targetPolicy(history, ref, tip as CommitId) : undefined;
  const waiting = await history.listRefs('refs/mgit/candidates/');
  const candidates = [];
  for (const { id } of waiting) {
    const commit = id as CommitId;
    if (!tip || !(await history.isAncestor(tip as CommitId, commit))) continue;
    const stored = await readReports(history, { candidate: commit });
    const reports = stored.flatMap(one => signedReport(one, policy?.keys ?? []) ?? []);
    const current = reports.filter(
      ({ bindings }) => bindings.target.tip === tip && bindings.candidate.commit === commit,
    );
    candidates.push({
      commit,
      verdicts: Object.fromEntries(current.map(report => [report.bindings.gate, report.verdict])),
    });
  }
  return {
    ref,
    isProtected: policy !== undefined,
    gates: policy?.gates.map(({ name }) => name) ?? [],
    keys: policy?.keys.map(({ name, keyId }) => ({ name, keyId })) ?? [],
    candidates,
  };
}

/** All reports, the latest finished first. */
export async function gateLog(history: History): Promise<readonly ListedReport[]> {
  const reports = listed(await readReports(history));
  return reports.toSorted((left, right) => (left.report.finishedAt < right.report.finishedAt ? 1 : -1));
}

/** The reports on a revision, or the one at `<commit>/<gate>/<attempt>`, the commit in full or abbreviated. Errors: `REVISION_UNKNOWN`. */
export async function findReports(history: History, id: string): Promise<readonly ListedReport[]> {
  const path = /^([0-9a-f]{4,64})\/([^/]+)\/([0-9]+)(?:\.dsse\.json)?$/.exec(id);
  if (!path) return listed(await readReports(history, { candidate: await history.resolveCommit(id) }));
  const all = await readReports(history);
  return listed(
    all.filter(
      ({ candidate, gate, attempt }) =>
        candidate.startsWith(path[1] ?? '') && gate === path[2] && attempt === Number(path[3]),
    ),
  );
}

function listed(reports: readonly StoredReport[]): readonly ListedReport[] {
  return reports.flatMap(stored => {
    const report = claimedReport(stored);
    const key = stored.envelope.signatures[0]?.keyid ?? '';
    return report ? [{ path: stored.path, key, report }] : [];
  });
}
