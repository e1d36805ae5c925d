import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { Head, History } from '../../store/history/history.ts';
import { upstreamOf } from '../transfer/upstream.ts';

/** How a branch stands to the branch that it follows. */
export interface Tracking {
  /** `origin/main`. */
  readonly name: string;
  /** Commits that only this side has, and only the other side. */
  readonly ahead: number;
  readonly behind: number;
}

/** Compares HEAD's branch with the last fetched state of its upstream; undefined without one. */
export async function readTracking(history: History, head: Head): Promise<Tracking | undefined> {
  if (head.kind !== 'branch' || head.commit === undefined) return undefined;
  const upstream = await upstreamOf(history, head.ref.replace(/^refs\/heads\//, ''));
  if (upstream === undefined) return undefined;
  const name = `${upstream.remote}/${upstream.ref.replace(/^refs\/heads\//, '')}`;
  const id = await history.readRef(`refs/remotes/${name}`);
  if (id === undefined) return undefined;
  const there = parseCommitId(id);
  const [ahead, behind] = await Promise.all([
    countBetween(history, head.commit, there),
    countBetween(history, there, head.commit),
  ]);
  return { name, ahead, behind };
}

async function countBetween(history: History, include: CommitId, exclude: CommitId): Promise<number> {
  if (include === exclude) return 0;
  let count = 0;
  for await (const _ of history.walk({ include: [include], exclude: [exclude] })) count++;
  return count;
}
