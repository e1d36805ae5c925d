import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { refuseProtected } from '../gate/protection.ts';
import { readGitFile } from '../git-file.ts';
import { requireHook } from '../history/commit-message.ts';
import { headPosition } from '../history/ref-journal.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import { refuseShownElsewhere } from '../linked-work-trees.ts';
import { refuseUnmatched } from '../merge/refuse-unmatched.ts';
import type { Repository } from '../repository.ts';
import { withoutUpstream } from './already-upstream.ts';
import { currentCommit } from './pick.ts';
import type { EmptyPolicy, ReplaySequence } from './replay-sequence.ts';
import { takeRules } from './replay-settings.ts';
import { type ReplayOutcome, runSequence } from './run-sequence.ts';

/** What `mgit rebase` is asked to do. */
export interface RebaseOptions extends LongOperation {
  /** Commits that it has are not replayed. */
  readonly upstream: string;
  /** What the commits are put on; default: the upstream. */
  readonly onto?: string;
  /** A branch other than the current one; HEAD is on it in the end. */
  readonly branch?: string;
  /** Factor of every change; default 1. */
  readonly scale?: number;
  /** The values of `-X`; ours is the upstream's side. */
  readonly given?: readonly string[];
  /** For commits whose change turns out to be there; default `drop`. */
  readonly empty?: EmptyPolicy;
  /** Make every commit anew, also those that would stay as they are. */
  readonly force?: boolean;
}

/**
 * Replays what a branch has and its upstream has not, commit by commit, on the upstream: the task vectors on the new base. Merges are left out, with
 * a warning, and so are commits whose change the upstream has. The branch moves once, when all are made; a conflict waits, with HEAD detached.
 * Errors: `REVISION_UNKNOWN`, `BRANCH_UNKNOWN`, `BRANCH_PROTECTED`, `BRANCH_CHECKED_OUT`, `REPLAY_IN_PROGRESS`, those of `runSequence`.
 */
export async function rebaseBranch(repository: Repository, options: RebaseOptions): Promise<ReplayOutcome> {
  const { history } = repository;
  await refuseUnconcluded(repository);
  await refuseGitRebase(repository);
  const { head, commit: headAt } = await currentCommit(repository);
  const { target, origin } = await targetOf(repository, options.branch);
  await refuseProtected(repository, target, origin);
  const upstream = await history.resolveCommit(options.upstream);
  const onto = options.onto === undefined ? upstream : await history.resolveCommit(options.onto);
  const commits = await ownCommits(repository, { origin, upstream }, options);
  await refuseUnmatched(repository, takeRules(options.given ?? []), [onto, ...commits]);
  const left = await withoutUpstream(repository, { commits, origin, upstream });
  await requireHook(repository, 'pre-rebase', hookArguments(options));
  const place = {
    began: headPosition(head),
    target,
    origin,
    onto,
    ontoName: options.onto ?? options.upstream,
  };
  const { tree: filesAt } = await history.readCommit(headAt);
  const run = { ...options, filesAt, headAt };
  return runSequence(repository, { ...place, ...left, ...startOf(onto, options) }, run);
}

function hookArguments({ upstream, branch }: RebaseOptions): readonly string[] {
  return branch === undefined ? [upstream] : [upstream, branch];
}

function startOf(
  tip: CommitId,
  options: RebaseOptions,
): Pick<ReplaySequence, 'operation' | 'tip' | 'done' | 'options'> {
  const { scale = 1, given = [], empty = 'drop', force = false } = options;
  const fixed = { mainline: null, recordOrigin: false, message: null };
  return { operation: 'rebase', tip, done: [], options: { scale, given, empty, reuse: !force, ...fixed } };
}

/** A rebase that plain Git has begun. What a crash left of one of ours has no `orig-head`. */
async function refuseGitRebase(repository: Repository): Promise<void> {
  for (const name of ['rebase-merge/orig-head', 'rebase-apply/orig-head', 'rebase-apply/applying'])
    if ((await readGitFile(repository, name)) !== undefined)
      throw new MgitError('REPLAY_IN_PROGRESS', 'a rebase that plain git began is not concluded', {
        hint: 'conclude it with "git rebase --continue", or give it up with "git rebase --abort"',
      });
}

async function targetOf(
  repository: Repository,
  branch: string | undefined,
): Promise<{ readonly target: string; readonly origin: CommitId }> {
  const { history } = repository;
  const { head, commit } = await currentCommit(repository);
  if (branch === undefined) return { target: head.kind === 'branch' ? head.ref : 'HEAD', origin: commit };
  const target = `refs/heads/${branch}`;
  if ((await history.readRef(target)) === undefined)
    throw new MgitError('BRANCH_UNKNOWN', `there is no branch ${JSON.stringify(branch)}`, {
      hint: 'see "mgit branch" for those there are',
    });
  await refuseShownElsewhere(repository, target);
  return { target, origin: await history.resolveCommit(target) };
}

/** Oldest first, without merges. */
async function ownCommits(
  { history }: Repository,
  { origin, upstream }: { readonly origin: CommitId; readonly upstream: CommitId },
  { onEvent }: LongOperation,
): Promise<readonly CommitId[]> {
  const commits: CommitId[] = [];
  for await (const { id, parents } of history.walk({ include: [origin], exclude: [upstream] })) {
    if (parents.length < 2) commits.push(id);
    else
      onEvent?.({
        type: 'warning',
        code: 'REBASE_MERGE_LEFT_OUT',
        message: `the merge ${id.slice(0, 10)} is left out: what it averaged or resolved is not replayed`,
      });
  }
  return commits.reverse();
}
