import { join } from 'node:path';
import { isSystemError } from '../../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../../base/ids.ts';
import type { Commit, History } from '../history.ts';
import { readCommit } from '../objects/object-history.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { RefFiles } from './ref-files.ts';

/** Ancestry over commit objects; where history is cut off (`shallow`), a commit has no parents. */
export type CommitGraph = Pick<History, 'walk' | 'mergeBases' | 'isAncestor'>;

export function commitGraph(files: RefFiles, store: ObjectStore): CommitGraph {
  const commitOf = commitReader(files, store);
  return {
    walk: options => walk(commitOf, options),
    mergeBases: (left, right) => mergeBases(commitOf, parseCommitId(left), parseCommitId(right)),
    isAncestor: async (ancestor, descendant) => {
      await commitOf(parseCommitId(ancestor));
      return (await ancestorsOf(commitOf, [parseCommitId(descendant)], ancestor)).has(ancestor);
    },
  };
}

type CommitOf = (id: CommitId) => Promise<Commit>;

function commitReader(files: RefFiles, store: ObjectStore): CommitOf {
  const known = new Map<CommitId, Promise<Commit>>();
  return id => {
    const reading = known.get(id) ?? readGrafted(files, store, id);
    known.set(id, reading);
    reading.catch(() => known.delete(id)); // It may be fetched later.
    return reading;
  };
}

async function readGrafted(files: RefFiles, store: ObjectStore, id: CommitId): Promise<Commit> {
  const commit = await readCommit(store, id);
  if (commit.parents.length === 0 || !(await readShallow(files)).has(id)) return commit;
  return { ...commit, parents: [] };
}

/** Commits whose parents were not fetched. */
export async function readShallow({ ports, commonDirectory }: RefFiles): Promise<ReadonlySet<string>> {
  try {
    const text = Buffer.from(await ports.fs.readFile(join(commonDirectory, 'shallow'))).toString('latin1');
    return new Set(text.split('\n').filter(line => line !== ''));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return new Set();
    throw error;
  }
}

/** All ancestors and the commits themselves; stops early when `until` is found. */
async function ancestorsOf(
  commitOf: CommitOf,
  from: readonly CommitId[],
  until?: CommitId,
): Promise<ReadonlySet<CommitId>> {
  const seen = new Set<CommitId>();
  const waiting = [...from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (id === until) break;
    waiting.push(...(await commitOf(id)).parents);
  }
  return seen;
}

/** Kahn's order with the youngest ready commit first: Git's `--date-order`. */
async function* walk(commitOf: CommitOf, options: Parameters<History['walk']>[0]): AsyncGenerator<Commit> {
  const excluded = await ancestorsOf(commitOf, options.exclude ?? []);
  const commits = new Map<CommitId, Commit>();
  const children = new Map<CommitId, number>();
  const next = ({ parents }: Commit): readonly CommitId[] =>
    (options.firstParent ? parents.slice(0, 1) : parents).filter(id => !excluded.has(id));
  const waiting = options.include.filter(id => !excluded.has(id)).reverse();
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (commits.has(id)) continue;
    const commit = await commitOf(id);
    commits.set(id, commit);
    for (const parent of next(commit)) children.set(parent, (children.get(parent) ?? 0) + 1);
    waiting.push(...next(commit));
  }
  const ready = dateQueue();
  for (const [id, commit] of commits) if (!children.get(id)) ready.push(commit);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for (let commit = ready.pop(); commit !== undefined && left > 0; commit = ready.pop(), left--) {
    yield commit;
    for (const parent of next(commit)) {
      const remaining = (children.get(parent) ?? 1) - 1;
      children.set(parent, remaining);
      const ancestor = commits.get(parent);
      if (remaining === 0 && ancestor) ready.push(ancestor);
    }
  }
}

interface DateQueue {
  push(commit: Commit): void;
  pop(): Commit | undefined;
}

/** Youngest first; of one date, the one that came first. */
function dateQueue(): DateQueue {
  const items: Commit[] = [];
  return {
    push: commit => {
      const date = commit.committer.timestamp;
      let [low, high] = [0, items.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((items[middle] as Commit).committer.timestamp >= date) high = middle;
        else low = middle + 1;
      }
      items.splice(low, 0, commit);
    },
    pop: () => items.pop(),
  };
}

/** Common ancestors that are no ancestors of other common ancestors. */
async function mergeBases(commitOf: CommitOf, left: CommitId, right: CommitId): Promise<readonly CommitId[]> {
  const ofLeft = await ancestorsOf(commitOf, [left]);
  const ofRight = await ancestorsOf(commitOf, [right]);
  const common = [...ofLeft].filter(id => ofRight.has(id));
  const covered = new Set<CommitId>();
  for (const id of common) for (const parent of (await commitOf(id)).parents) covered.add(parent);
  const best = await Promise.all(common.filter(id => !covered.has(id)).map(commitOf));
  return best.sort((a, b) => b.committer.timestamp - a.committer.timestamp).map(({ id }) => id);
}
