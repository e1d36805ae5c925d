import type { CommitId } from '../../base/ids.ts';
import { type Remote, sharedRefCopy } from '../../remote/remote.ts';
import type { RefUpdate, RemoteRef } from '../../store/history/history.ts';
import { mergeReportTrees, REPORTS_REF } from '../gate/reports.ts';
import type { Repository } from '../repository.ts';

/** The commit that a remote offers under a ref. */
export function offeredCommit(offered: readonly RemoteRef[], ref: string): CommitId | undefined {
  return offered.find(entry => entry.ref === ref)?.id as CommitId | undefined;
}

/** What makes the local copies of a remote's shared refs what the remote has, and unites its reports with the local ones. */
export async function sharedRefUpdates(
  repository: Repository,
  remote: Remote,
  published: { readonly packs: CommitId | undefined; readonly reports: CommitId | undefined },
): Promise<readonly RefUpdate[]> {
  const updates: RefUpdate[] = [];
  for (const kind of ['packs', 'reports'] as const) {
    const ref = sharedRefCopy(remote, kind);
    const target = published[kind];
    if (ref && target) updates.push({ ref, target });
  }
  if (published.reports) updates.push(...(await uniteReports(repository, published.reports)));
  return updates;
}

/** The update that adds published reports to the local ones; empty when they are all here. */
async function uniteReports({ history }: Repository, published: CommitId): Promise<readonly RefUpdate[]> {
  const local = (await history.readRef(REPORTS_REF)) as CommitId | undefined;
  const target = await mergeReportTrees(history, published, local);
  return target === undefined || target === local
    ? []
    : [{ ref: REPORTS_REF, target, expected: local ?? null }];
}
