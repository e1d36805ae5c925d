import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { parseRange } from '../history/log.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { switchTo } from '../worktree/switch.ts';
import { repositoryPath } from '../worktree/work-tree.ts';
import {
  type BisectState,
  clearBisect,
  readBisect,
  requireBisect,
  writeBisectStart,
  writeExpected,
  writeFound,
  writeMarks,
} from './bisect-state.ts';
import { type BisectStep, nextStep } from './next-step.ts';

/** What a commit is found to be. */
export type Mark = 'bad' | 'good' | 'skip';

/** How `mgit bisect start` begins. */
export interface BisectStartOptions extends LongOperation {
  /** Absolute. */
  readonly cwd: string;
  readonly bad?: string;
  readonly good: readonly string[];
  /** Only commits that change these paths count. */
  readonly paths: readonly string[];
  readonly firstParent?: boolean;
}

/** How {@link markCommits} goes on. */
export interface MarkOptions extends LongOperation {
  /** False leaves HEAD and the work tree where they are. */
  readonly checkout?: boolean;
}

/**
 * Begins a bisection, and with both sides given goes to the first commit to test. One in progress is ended first. State is kept in
 * Git's own files and refs. Errors: `REVISION_UNKNOWN`, `LOCAL_CHANGES`, `BISECT_REVERSED`, `MERGE_IN_PROGRESS`.
 */
export async function startBisect(repository: Repository, options: BisectStartOptions): Promise<BisectStep> {
  const { history } = repository;
  await refuseUnconcluded(repository);
  const marks = await marksOf(repository, options);
  const paths = options.paths.map(path => repositoryPath(repository, options.cwd, path));
  if ((await readBisect(repository)) !== undefined) await resetBisect(repository, undefined, options);
  const head = await history.head();
  if (head.commit === undefined) throw new MgitError('NO_COMMITS', 'there are no commits to search yet');
  const start = head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : head.commit;
  const command = [...marks.map(({ commit }) => commit.id), ...(paths.length > 0 ? ['--', ...paths] : [])];
  await writeBisectStart(repository, { start, paths, firstParent: options.firstParent === true }, command);
  const state = await requireBisect(repository);
  if (marks.length > 0) await writeMarks(repository, state.terms, marks);
  return advance(repository, options);
}

async function marksOf(
  { history }: Repository,
  { bad, good }: BisectStartOptions,
): Promise<readonly { readonly kind: 'bad' | 'good'; readonly commit: Commit }[]> {
  const read = async (revision: string): Promise<Commit> =>
    history.readCommit(await history.resolveCommit(revision));
  return [
    ...(bad === undefined ? [] : [{ kind: 'bad' as const, commit: await read(bad) }]),
    ...(await Promise.all(good.map(async name => ({ kind: 'good' as const, commit: await read(name) })))),
  ];
}

/**
 * Marks commits (default HEAD; `skip` takes ranges, too) and goes to the next one to test. Errors: `BISECT_NONE`, `USAGE` for several bad ones,
 * `REVISION_UNKNOWN`, `LOCAL_CHANGES`, `BISECT_REVERSED`, `BISECT_UNDECIDED`.
 */
export async function markCommits(
  repository: Repository,
  mark: { readonly kind: Mark; readonly revisions: readonly string[] },
  options: MarkOptions = {},
): Promise<BisectStep> {
  const { kind } = mark;
  const state = await requireBisect(repository);
  if (kind === 'bad' && mark.revisions.length > 1)
    throw new MgitError('USAGE', 'there is only one bad commit at a time');
  const commits: Commit[] = [];
  for (const revision of mark.revisions.length === 0 ? ['HEAD'] : mark.revisions)
    commits.push(...(await commitsOf(repository, revision, kind)));
  await writeMarks(
    repository,
    state.terms,
    commits.map(commit => ({ kind, commit })),
  );
  return advance(repository, options);
}

async function commitsOf(repository: Repository, revision: string, kind: Mark): Promise<Commit[]> {
  const { history } = repository;
  if (kind !== 'skip' || !revision.includes('..'))
    return [await history.readCommit(await history.resolveCommit(revision))];
  const commits: Commit[] = [];
  for await (const commit of history.walk(await parseRange(repository, revision))) commits.push(commit);
  return commits;
}

async function advance(repository: Repository, options: MarkOptions): Promise<BisectStep> {
  const state = await requireBisect(repository);
  const step = await nextStep(repository, state, options);
  if (step.kind === 'found') await writeFound(repository, state.terms, step.commit);
  if (step.kind !== 'testing') return step;
  await writeExpected(repository, step.commit.id);
  if (options.checkout !== false) await goTo(repository, step.commit.id, options);
  return step;
}

async function goTo(repository: Repository, commit: CommitId, long: LongOperation): Promise<void> {
  const head = await repository.history.head();
  if (head.kind === 'detached' && head.commit === commit) return;
  await switchTo(repository, { ...long, target: commit, detach: true });
}

/**
 * Ends the bisection and goes back to where it began, or to `target`. Without one in progress nothing happens. Errors: `LOCAL_CHANGES`,
 * which leaves the bisection as it is; `REVISION_UNKNOWN`. Returns where HEAD is now, undefined when there was nothing to end.
 */
export async function resetBisect(
  repository: Repository,
  target: string | undefined,
  long: LongOperation,
): Promise<string | undefined> {
  const state = await readBisect(repository);
  if (state === undefined) return undefined;
  const place = target ?? state.start;
  if (await isBranch(repository, place)) await switchTo(repository, { ...long, target: place });
  else await switchTo(repository, { ...long, target: place, detach: true });
  await clearBisect(repository);
  return place;
}

async function isBranch({ history }: Repository, name: string): Promise<boolean> {
  return !/^[0-9a-f]{40}$/.test(name) && (await history.readRef(`refs/heads/${name}`)) !== undefined;
}

/** Who judges a commit in {@link runBisect}. */
export type Judge = (repository: Repository, commit: Commit, state: BisectState) => Promise<Mark>;

/** What is told of each test. */
export type OnJudged = (commit: Commit, mark: Mark, next: BisectStep) => void;

/**
 * Lets `judge` decide until the first bad commit is found; a judge that throws leaves the bisection where it is. Errors: `BISECT_NONE`,
 * `BISECT_WAITING` when a side is not known yet, and those of {@link markCommits}.
 */
export async function runBisect(
  repository: Repository,
  judge: Judge,
  options: MarkOptions & { readonly onJudged?: OnJudged },
): Promise<Commit> {
  const state = await requireBisect(repository);
  let step = await advance(repository, options);
  while (step.kind === 'testing') {
    options.signal?.throwIfAborted();
    const { commit } = step;
    const kind = await judge(repository, commit, state);
    step = await markCommits(repository, { kind, revisions: [commit.id] }, options);
    options.onJudged?.(commit, kind, step);
  }
  if (step.kind === 'found') return step.commit;
  throw new MgitError('BISECT_WAITING', `no commit is known to be ${step.needs.join(' or ')} yet`, {
    hint: 'mark one with "mgit bisect good <revision>" and one with "mgit bisect bad <revision>"',
  });
}
