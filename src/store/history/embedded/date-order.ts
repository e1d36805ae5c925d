import { firstWhere } from '../../../base/first-where.ts';
import type { CommitId } from '../../../base/ids.ts';
import type { Commit } from '../history.ts';

/** What commits are read and followed with. */
export interface CommitReading {
  readonly commitOf: (id: CommitId) => Promise<Commit>;
  /** The parents that are followed. */
  readonly parentsOf: (commit: Commit) => readonly CommitId[];
}

/** Commits that follow each other in Git's `--date-order`. */
export interface Segment {
  readonly commits: readonly Commit[];
  /** The one commit that all those of the segment descend from and that all others come from; undefined at the end. */
  readonly rest: CommitId | undefined;
}

/**
 * All commits that `tips` reach, children before parents and else the youngest first, in segments that are read when they are asked for.
 *
 * Dates may lie, so the order of a commit is known only when all its children are. They are as soon as one unread commit alone is left
 * and no root was met: then the ancestors of each commit that was read pass through that one, so it is younger in descent than none of them.
 * A line of history thus costs one read for each commit, and a fork what lies above its merge base.
 */
export async function* dateOrder(
  tips: readonly CommitId[],
  { commitOf, parentsOf }: CommitReading,
): AsyncGenerator<Segment> {
  const pending = dateQueue();
  const met = new Set<CommitId>();
  let read: Commit[] = [];
  let hasRoot = false;
  const meet = async (id: CommitId): Promise<void> => {
    if (met.has(id)) return;
    met.add(id);
    pending.push(await commitOf(id));
  };
  for (const tip of tips) await meet(tip);
  for (let commit = pending.pop(); commit !== undefined; commit = pending.pop()) {
    read.push(commit);
    const parents = parentsOf(commit);
    hasRoot ||= parents.length === 0;
    for (const parent of parents) await meet(parent);
    if (pending.size() > 1 || (pending.size() === 1 && hasRoot)) continue;
    yield { commits: ordered(inOrderOf(tips, read), parentsOf), rest: pending.peek()?.id };
    read = [];
  }
}

/** Of commits without children and of one date, the one that was asked for first comes first. */
function inOrderOf(tips: readonly CommitId[], read: readonly Commit[]): readonly Commit[] {
  if (read.length < 2) return read;
  const places = new Map(tips.map((id, at) => [id, -1 - at]));
  return read.toSorted((left, right) => (places.get(right.id) ?? 0) - (places.get(left.id) ?? 0));
}

/** Kahn's order with the youngest ready commit first. */
function ordered(read: readonly Commit[], parentsOf: CommitReading['parentsOf']): readonly Commit[] {
  const commits = new Map(read.map(commit => [commit.id, commit]));
  const children = new Map<CommitId, number>();
  for (const commit of read)
    for (const parent of parentsOf(commit)) children.set(parent, (children.get(parent) ?? 0) + 1);
  const ready = dateQueue();
  for (const commit of read) if (!children.get(commit.id)) ready.push(commit);
  const result: Commit[] = [];
  for (let commit = ready.pop(); commit !== undefined; commit = ready.pop()) {
    result.push(commit);
    for (const parent of parentsOf(commit)) {
      const remaining = (children.get(parent) ?? 1) - 1;
      children.set(parent, remaining);
      const ancestor = commits.get(parent);
      if (remaining === 0 && ancestor) ready.push(ancestor);
    }
  }
  return result;
}

interface DateQueue {
  size(): number;
  push(commit: Commit): void;
  /** The youngest; of one date, the one that came first. */
  pop(): Commit | undefined;
  peek(): Commit | undefined;
}

function dateQueue(): DateQueue {
  const items: Commit[] = [];
  return {
    size: () => items.length,
    push: commit => {
      const date = commit.committer.timestamp;
      const isYoung = (at: number): boolean => (items[at] as Commit).committer.timestamp >= date;
      items.splice(firstWhere({ to: items.length }, isYoung), 0, commit);
    },
    pop: () => items.pop(),
    peek: () => items.at(-1),
  };
}
