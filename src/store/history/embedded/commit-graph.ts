import { join } from 'node:path';
import { isSystemError } from '../../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../../base/ids.ts';
import type { Commit, History } from '../history.ts';
import { readCommit } from '../objects/object-history.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { dateOrder } from './date-order.ts';
import type { RefFiles } from './ref-files.ts';

/** Ancestry over commit objects; where history is cut off (`shallow`), a commit has no parents. */
export type CommitGraph = Pick<History, 'walk' | 'mergeBases' | 'isAncestor'>;

export function commitGraph(files: RefFiles, store: ObjectStore): CommitGraph {
  const commitOf = commitReader(files, store);
  return {
    walk: options => walk(commitOf, options),
    mergeBases: (left, right) => mergeBases(commitOf, parseCommitId(left), parseCommitId(right)),
    isAncestor: (ancestor, descendant) =>
      isAncestor(commitOf, parseCommitId(ancestor), parseCommitId(descendant)),
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

async function* walk(commitOf: CommitOf, options: Parameters<History['walk']>[0]): AsyncGenerator<Commit> {
  const { include, exclude = [], firstParent = false, limit = Number.POSITIVE_INFINITY } = options;
  const shown = ({ parents }: Commit): readonly CommitId[] => (firstParent ? parents.slice(0, 1) : parents);
  const all = ({ parents }: Commit): readonly CommitId[] => parents;
  const reading = { commitOf, parentsOf: exclude.length > 0 ? all : shown };
  const excluded = new Set(exclude);
  const included = new Set(include);
  let left = limit;
  if (left <= 0) return;
  for await (const { commits, rest } of dateOrder([...include, ...exclude], reading)) {
    for (const commit of commits) {
      const isExcluded = excluded.delete(commit.id);
      if (isExcluded) for (const parent of commit.parents) excluded.add(parent);
      if (!included.delete(commit.id) || isExcluded) continue;
      for (const parent of shown(commit)) included.add(parent);
      yield commit;
      if (--left === 0) return;
    }
    if (rest === undefined || excluded.has(rest) || !included.has(rest)) return;
  }
}

/** Nothing of a commit is left where the commits that another reaches are left out. */
async function isAncestor(commitOf: CommitOf, ancestor: CommitId, descendant: CommitId): Promise<boolean> {
  for await (const { id } of walk(commitOf, { include: [ancestor], exclude: [descendant], limit: 1 }))
    return id !== ancestor;
  return true;
}

const LEFT = 1;
const RIGHT = 2;
const BOTH = LEFT | RIGHT;
/** Reached from a common ancestor. */
const COVERED = 4;

/** Common ancestors that are no ancestors of other common ancestors: all of them lie where the two histories first run together. */
async function mergeBases(commitOf: CommitOf, left: CommitId, right: CommitId): Promise<readonly CommitId[]> {
  if (left === right) return [(await commitOf(left)).id];
  const marks = new Map([
    [left, LEFT],
    [right, RIGHT],
  ]);
  const best: CommitId[] = [];
  for await (const { commits, rest } of dateOrder([left, right], {
    commitOf,
    parentsOf: ({ parents }) => parents,
  })) {
    for (const { id, parents } of commits) {
      const mark = marks.get(id) ?? 0;
      if (mark === BOTH) best.push(id);
      const handed = (mark & BOTH) === BOTH ? mark | COVERED : mark;
      for (const parent of parents) marks.set(parent, (marks.get(parent) ?? 0) | handed);
    }
    if (best.length === 0 && rest !== undefined) best.push(rest);
    break;
  }
  return best;
}
