import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Head, History } from '../../store/history/history.ts';
import { recordOperation } from '../history/operations.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import { type MergeOptions, type MergeOutcome, mergeRevisions } from '../merge/merge.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { moveHead } from '../worktree/reset.ts';
import { type FetchResult, fetchRemote } from './fetch.ts';
import { peeledCommits } from './peeled-commits.ts';
import { currentBranch, upstreamOf } from './upstream.ts';

/** What to pull, and how; default: what the current branch follows. */
export interface PullOptions extends LongOperation {
  readonly remote?: string | undefined;
  readonly branch?: string | undefined;
  /** Refuse where both sides have commits of their own; default: `pull.ff` is `only`. */
  readonly ffOnly?: boolean | undefined;
  /** True is refused by name, and so is a configured one unless this is false. */
  readonly rebase?: boolean | undefined;
  /** What a merge takes besides. */
  readonly merge?: Pick<MergeOptions, 'method' | 'given' | 'gate' | 'allowPolicyChange' | 'runGates'>;
}

/** What a pull did to the current branch. */
export interface PullResult {
  readonly fetched: FetchResult;
  /** `held`: the gates of a protected branch kept the merge off it; `conflicts`: it waits for them to be resolved. */
  readonly status: 'up-to-date' | 'fast-forward' | 'merged' | 'held' | 'conflicts';
  readonly old: CommitId | undefined;
  /** Where the branch is now. */
  readonly new: CommitId;
  /** Paths that a fast-forward wrote or removed. */
  readonly files: number;
  /** Where both sides had commits of their own. */
  readonly merge?: MergeOutcome;
}

/**
 * Fetches, and moves the current branch, index and work tree forward. Where both sides have commits of their own they are merged as
 * `mgit merge` does it, through the gates of a protected branch. Errors: `PULL_DIVERGED` (with `ffOnly`), `PULL_REBASE_UNSUPPORTED`,
 * `HEAD_DETACHED`, `UPSTREAM_MISSING`, `LOCAL_CHANGES`; as {@link fetchRemote} and {@link mergeRevisions}.
 */
export async function pullRemote(repository: Repository, options: PullOptions = {}): Promise<PullResult> {
  const { history } = repository;
  await refuseUnconcluded(repository);
  const source = await sourceOf(repository, options);
  const ffOnly = await isFastForwardOnly(history, options);
  const fetched = await fetchRemote(repository, { ...longOf(options), remote: source.remote });
  const tip = await tipOf(repository, fetched, source.ref);
  const head = await history.head();
  const old = head.commit;
  if (old === tip || (old && (await history.isAncestor(tip, old))))
    return { fetched, status: 'up-to-date', old, new: old, files: 0 };
  if (old && !(await history.isAncestor(old, tip))) {
    if (ffOnly) throw diverged(source);
    const merge = await mergeTip(repository, { tip, fetched, source, options });
    const isLanded = merge.kind === 'landed';
    const status = isLanded ? 'merged' : merge.kind;
    return { fetched, status, old, new: isLanded ? merge.commit : old, files: 0, merge };
  }
  const files = await forward(repository, head, { tip, options });
  return { fetched, status: 'fast-forward', old, new: tip, files };
}

/** Under the name that the branch has here, so that the message and conflicts are told as of `mgit merge origin/main`. */
async function mergeTip(
  repository: Repository,
  pulled: {
    readonly tip: CommitId;
    readonly fetched: FetchResult;
    readonly source: Source;
    readonly options: PullOptions;
  },
): Promise<MergeOutcome> {
  const { tip, fetched, source, options } = pulled;
  const tracking = fetched.refs.find(({ remoteRef }) => remoteRef === source.ref)?.ref;
  const isThere = tracking !== undefined && (await repository.history.readRef(tracking)) === tip;
  const revision = isThere ? tracking.replace(/^refs\/(?:heads|remotes)\//, '') : tip;
  return mergeRevisions(repository, { ...longOf(options), ...options.merge, revisions: [revision] });
}

/** Source: git-pull(1), git-config(1). */
async function isFastForwardOnly(history: History, options: PullOptions): Promise<boolean> {
  const branch = await currentBranch(history);
  const configured =
    (await history.config(`branch.${branch}.rebase`)) ?? (await history.config('pull.rebase')) ?? 'false';
  const rebases = options.rebase ?? !/^(?:false|no|off|0|)$/i.test(configured);
  if (rebases)
    throw new MgitError('PULL_REBASE_UNSUPPORTED', 'pull cannot rebase: commits of models are merged', {
      hint: options.rebase
        ? 'leave out --rebase, or use --ff-only'
        : 'pull.rebase asks for it: use --no-rebase or --ff-only',
    });
  return options.ffOnly ?? (await history.config('pull.ff')) === 'only';
}

function longOf({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

interface Source {
  readonly remote: string;
  readonly ref: string;
}

async function sourceOf({ history }: Repository, options: PullOptions): Promise<Source> {
  const branch = await currentBranch(history);
  if (branch === undefined)
    throw new MgitError('HEAD_DETACHED', 'HEAD is on no branch that a pull could move', {
      hint: 'go to one with: mgit switch <branch>',
    });
  const upstream = await upstreamOf(history, branch);
  if (options.remote !== undefined) {
    const name = options.branch ?? (upstream?.remote === options.remote ? undefined : branch);
    return { remote: options.remote, ref: name === undefined ? (upstream?.ref ?? '') : fullName(name) };
  }
  if (upstream) return upstream;
  throw new MgitError('UPSTREAM_MISSING', `${branch} follows no branch of a remote`, {
    hint: `say which: mgit pull origin ${branch}`,
  });
}

function fullName(branch: string): string {
  return branch.startsWith('refs/') ? branch : `refs/heads/${branch}`;
}

async function tipOf({ history }: Repository, fetched: FetchResult, ref: string): Promise<CommitId> {
  const found = fetched.refs.find(({ remoteRef }) => remoteRef === ref);
  const [tip] = found?.new ? await peeledCommits(history, [found.new]) : [];
  if (tip) return tip;
  throw new MgitError('REF_NOT_ON_REMOTE', `${fetched.remote} has no ${ref}`, {
    hint: 'push the branch first, or follow another one',
  });
}

async function forward(
  repository: Repository,
  head: Head,
  goal: { readonly tip: CommitId; readonly options: LongOperation },
): Promise<number> {
  const { history } = repository;
  const from = head.commit === undefined ? null : (await history.readCommit(head.commit)).tree;
  const to = (await history.readCommit(goal.tip)).tree;
  return recordOperation(repository, { command: 'pull', files: 'moved' }, async recorded => {
    const { written, removed } = await checkoutTree(repository, { ...longOf(goal.options), from, to, head });
    await moveHead(recorded, head, { commit: goal.tip, reason: 'pull: Fast-forward' });
    return written.length + removed.length;
  });
}

function diverged({ remote, ref }: Source): MgitError {
  const branch = ref.replace(/^refs\/heads\//, '');
  return new MgitError(
    'PULL_DIVERGED',
    `this branch and ${remote}/${branch} both have commits of their own`,
    {
      hint: `everything is fetched: merge it with "mgit pull" without --ff-only, or "mgit merge ${remote}/${branch}"`,
    },
  );
}
