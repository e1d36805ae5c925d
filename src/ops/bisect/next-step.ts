import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { changeFilter } from '../history/change-filter.ts';
import type { Repository } from '../repository.ts';
import type { BisectState } from './bisect-state.ts';
import { chooseCommit, estimateSteps } from './choose-commit.ts';

/** Where a bisection stands. */
export type BisectStep =
  | { readonly kind: 'waiting'; readonly needs: readonly ('bad' | 'good')[] }
  /** `left`: suspects that remain after this test in the worse case, about `steps` more tests. */
  | {
      readonly kind: 'testing';
      readonly commit: Commit;
      readonly left: number;
      readonly steps: number;
      readonly isMergeBase: boolean;
    }
  | { readonly kind: 'found'; readonly commit: Commit };

type Bounded = BisectState & { readonly bad: CommitId };

/**
 * Decides what is to be tested next. A merge base of good and bad is tested first where a good commit is no ancestor of the bad one.
 * Errors: `BISECT_REVERSED` when bad came before good, `BISECT_UNDECIDED` when only skipped commits are left.
 */
export async function nextStep(
  repository: Repository,
  state: BisectState,
  long: LongOperation,
): Promise<BisectStep> {
  const { bad, good } = state;
  if (bad === undefined || good.length === 0)
    return {
      kind: 'waiting',
      needs: [...(bad ? [] : ['bad' as const]), ...(good.length > 0 ? [] : ['good' as const])],
    };
  const bounded = { ...state, bad };
  return (await mergeBaseStep(repository, bounded)) ?? halvingStep(repository, bounded, long);
}

async function mergeBaseStep({ history }: Repository, state: Bounded): Promise<BisectStep | undefined> {
  for (const good of state.good) {
    if (await history.isAncestor(good, state.bad)) continue;
    for (const base of await history.mergeBases(good, state.bad)) {
      if (base === state.bad) throw reversed(state);
      if (state.good.includes(base) || state.skipped.includes(base)) continue;
      const commit = await history.readCommit(base);
      return { kind: 'testing', commit, left: 0, steps: 0, isMergeBase: true };
    }
  }
  return undefined;
}

function reversed({ bad, terms }: Bounded): MgitError {
  return new MgitError(
    'BISECT_REVERSED',
    `the ${terms.bad} commit ${bad} is an ancestor of a ${terms.good} one`,
    {
      hint: `what was ${terms.bad} has become ${terms.good}: begin again with the two exchanged to find where`,
    },
  );
}

async function halvingStep(repository: Repository, state: Bounded, long: LongOperation): Promise<BisectStep> {
  const commits: Commit[] = [];
  const { bad, good, firstParent, paths } = state;
  for await (const commit of repository.history.walk({ include: [bad], exclude: good, firstParent }))
    commits.push(commit);
  const counts = await countingCommits(repository, commits, { ...long, paths });
  const skipped = new Set(state.skipped);
  const choice = chooseCommit({ commits, counts, skipped, firstParent }, bad);
  if (choice !== undefined) {
    const left = counts.size - choice.reaches - 1;
    const step = { left: Math.max(left, 0), steps: estimateSteps(counts.size), isMergeBase: false };
    return { kind: 'testing', commit: choice.commit, ...step };
  }
  const open = commits.filter(commit => skipped.has(commit.id) && counts.has(commit.id) && commit.id !== bad);
  if (open.length > 0) throw undecided([bad, ...open.map(({ id }) => id)]);
  return { kind: 'found', commit: await repository.history.readCommit(bad) };
}

async function countingCommits(
  repository: Repository,
  commits: readonly Commit[],
  { paths, signal }: LongOperation & { readonly paths: readonly string[] },
): Promise<ReadonlySet<CommitId>> {
  if (paths.length === 0) return new Set(commits.map(({ id }) => id));
  const touches = changeFilter(repository, { cwd: repository.workTree, paths, tensors: [] });
  const counts = new Set<CommitId>();
  for (const commit of commits) {
    signal?.throwIfAborted();
    if (await touches(commit)) counts.add(commit.id);
  }
  return counts;
}

function undecided(commits: readonly CommitId[]): MgitError {
  return new MgitError(
    'BISECT_UNDECIDED',
    `only skipped commits are left to test: the first bad one is among ${commits.join(', ')}`,
    { hint: 'test one of them by hand, or end with "mgit bisect reset"', details: { commits } },
  );
}
