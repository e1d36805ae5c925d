import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import { onlyChanging } from './change-filter.ts';

/** Which commits `mgit log` shows. */
export interface LogOptions {
  readonly cwd: string;
  /** Revisions and ranges: `main`, `a..b`, `a...b`, `^a`. None: HEAD. */
  readonly revisions: readonly string[];
  /** Only commits that changed one of these paths. */
  readonly paths: readonly string[];
  /** Only commits that changed a tensor with one of these names (globs), in one of the paths. */
  readonly tensors?: readonly string[];
  readonly limit?: number;
  readonly all?: boolean;
  readonly firstParent?: boolean;
  readonly signal?: AbortSignal;
}

/** Commits, newest first, parents after children. Errors: `REVISION_UNKNOWN`, `NO_COMMITS`. */
export async function* readLog(repository: Repository, options: LogOptions): AsyncGenerator<Commit> {
  const { paths, tensors = [] } = options;
  const { include, exclude } = await readRevisions(repository, options);
  const isFiltered = paths.length + tensors.length > 0;
  const walk = repository.history.walk({
    include,
    exclude,
    ...(options.firstParent ? { firstParent: true } : {}),
    ...(options.limit !== undefined && !isFiltered ? { limit: options.limit } : {}),
  });
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const commit of isFiltered ? onlyChanging(repository, walk, { ...options, tensors }) : walk) {
    options.signal?.throwIfAborted();
    yield commit;
    if (--left <= 0) return;
  }
}

/** Commits to walk from and to leave out. */
export interface RevisionSet {
  readonly include: readonly CommitId[];
  readonly exclude: readonly CommitId[];
}

async function readRevisions(repository: Repository, options: LogOptions): Promise<RevisionSet> {
  const { history } = repository;
  const include: CommitId[] = [];
  const exclude: CommitId[] = [];
  if (options.all)
    for (const { ref } of await history.listRefs('refs/'))
      if (!ref.startsWith('refs/mgit/')) include.push(await history.resolveCommit(ref));
  for (const text of options.revisions) {
    const set = await parseRange(repository, text);
    include.push(...set.include);
    exclude.push(...set.exclude);
  }
  if (include.length > 0) return { include, exclude };
  const head = (await history.head()).commit;
  if (head !== undefined) return { include: [head], exclude };
  throw new MgitError('NO_COMMITS', 'there are no commits yet', { hint: 'make one with "mgit commit"' });
}

/** Reads a revision or a range. Source: gitrevisions(7). Errors: `REVISION_UNKNOWN`, `REVISION_AMBIGUOUS`. */
export async function parseRange(repository: Repository, text: string): Promise<RevisionSet> {
  const { history } = repository;
  const commit = (name: string | undefined): Promise<CommitId> => history.resolveCommit(name || 'HEAD');
  if (text.startsWith('^')) return { include: [], exclude: [await commit(text.slice(1))] };
  const match = /^(.*?)(\.\.\.?)(.*)$/.exec(text);
  if (match === null) return { include: [await commit(text)], exclude: [] };
  const [left, right] = [await commit(match[1]), await commit(match[3])];
  if (match[2] === '..') return { include: [right], exclude: [left] };
  return { include: [left, right], exclude: await history.mergeBases(left, right) };
}

/** The names that point at each commit: HEAD, branches, tags, remote branches. */
export async function decorations(repository: Repository): Promise<ReadonlyMap<string, readonly string[]>> {
  const { history } = repository;
  const head = await history.head();
  const names = new Map<string, string[]>();
  const add = (commit: string, name: string): void =>
    void names.set(commit, [...(names.get(commit) ?? []), name]);
  if (head.commit !== undefined)
    add(head.commit, head.kind === 'branch' ? `HEAD -> ${head.ref.slice('refs/heads/'.length)}` : 'HEAD');
  for (const [prefix, label] of [
    ['refs/heads/', ''],
    ['refs/remotes/', ''],
    ['refs/tags/', 'tag: '],
  ] as const)
    for (const { ref } of await history.listRefs(prefix)) {
      const isHead = head.kind === 'branch' && head.ref === ref;
      if (!isHead) add(await history.resolveCommit(ref), `${label}${ref.slice(prefix.length)}`);
    }
  return names;
}
