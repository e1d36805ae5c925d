import type { CommitId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';

/**
 * The best common ancestors of a commit and of what several others become when they are merged: those that no other one descends from.
 * More than one in criss-cross histories; the latest first, equally old ones by their ids, so that everybody sees the same order.
 */
export async function mergeBasesOf(
  history: History,
  merged: readonly CommitId[],
  commit: CommitId,
): Promise<readonly CommitId[]> {
  const common = new Set<CommitId>();
  for (const side of merged) for (const base of await history.mergeBases(side, commit)) common.add(base);
  const best: { readonly id: CommitId; readonly time: number }[] = [];
  for (const id of common)
    if (!(await isBehindAny(history, id, common)))
      best.push({ id, time: (await history.readCommit(id)).committer.timestamp });
  return best.sort((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

async function isBehindAny(
  history: History,
  commit: CommitId,
  others: ReadonlySet<CommitId>,
): Promise<boolean> {
  for (const other of others) if (other !== commit && (await history.isAncestor(commit, other))) return true;
  return false;
}
