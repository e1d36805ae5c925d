import type { LongOperation } from '../base/events.ts';
import type { CommitId } from '../base/ids.ts';
import { type Remote, sharedRefCopy } from '../remote/remote.ts';
import { unionCommits } from '../remote/union-commits.ts';
import type { RefUpdate, RemoteRef } from '../store/history/history.ts';
import type { Repository } from './repository.ts';

/** Where gate reports are, here and on every remote. */
export const REPORTS_REF = 'refs/mgit/reports';

/** The commit that a remote offers under a ref. */
export function offeredCommit(offered: readonly RemoteRef[], ref: string): CommitId | undefined {
  return offered.find(entry => entry.ref === ref)?.id as CommitId | undefined;
}

/** What makes the local copies of a remote's shared refs what the remote has, and unites its reports with the local ones. */
export async function sharedRefUpdates(
  repository: Repository,
  remote: Remote,
  published: { readonly packs: CommitId | undefined; readonly reports: CommitId | undefined },
  options: LongOperation = {},
): Promise<readonly RefUpdate[]> {
  const updates: RefUpdate[] = [];
  for (const kind of ['packs', 'reports'] as const) {
    const ref = sharedRefCopy(remote, kind);
    const target = published[kind];
    if (ref && target) updates.push({ ref, target });
  }
  if (published.reports) updates.push(...(await uniteReports(repository, published.reports, options)));
  return updates;
}

/** The update that adds published reports to the local ones; empty when they are all here. */
export async function uniteReports(
  { history, ports }: Repository,
  published: CommitId,
  options: LongOperation = {},
): Promise<readonly RefUpdate[]> {
  const local = (await history.readRef(REPORTS_REF)) as CommitId | undefined;
  if (local === published) return [];
  if (local === undefined) return [{ ref: REPORTS_REF, target: published, expected: null }];
  const seconds = Math.floor(ports.clock.now() / 1000);
  const { commit, conflicts } = await unionCommits(history, { published, local, seconds });
  for (const path of conflicts)
    options.onEvent?.({
      type: 'warning',
      code: 'REPORT_CONFLICT',
      message: `two different gate reports claim to be ${path}: the published one stays`,
    });
  return commit === local ? [] : [{ ref: REPORTS_REF, target: commit, expected: local }];
}
