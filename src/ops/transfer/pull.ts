import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Head } from '../../store/history/history.ts';
import { recordOperation } from '../history/operations.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { moveHead } from '../worktree/reset.ts';
import { type FetchResult, fetchRemote } from './fetch.ts';
import { peeledCommits } from './peeled-commits.ts';
import { currentBranch, upstreamOf } from './upstream.ts';

/** What to pull; default: what the current branch follows. */
export interface PullOptions extends LongOperation {
  readonly remote?: string | undefined;
  readonly branch?: string | undefined;
}

/** What a pull did to the current branch. */
export interface PullResult {
  readonly fetched: FetchResult;
  readonly status: 'up-to-date' | 'fast-forward';
  readonly old: CommitId | undefined;
  readonly new: CommitId;
  /** Paths that were written or removed. */
  readonly files: number;
}

/**
 * Fetches, and moves the current branch, index and work tree forward. Where both sides have commits of their own it fetches and stops: a merge
 * of models is a decision. Errors: `PULL_DIVERGED`, `HEAD_DETACHED`, `UPSTREAM_MISSING`, `LOCAL_CHANGES`; as {@link fetchRemote}.
 */
export async function pullRemote(repository: Repository, options: PullOptions = {}): Promise<PullResult> {
  const { history } = repository;
  const source = await sourceOf(repository, options);
  const fetched = await fetchRemote(repository, {
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    remote: source.remote,
  });
  const tip = await tipOf(repository, fetched, source.ref);
  const head = await history.head();
  const old = head.commit;
  if (old === tip || (old && (await history.isAncestor(tip, old))))
    return { fetched, status: 'up-to-date', old, new: old, files: 0 };
  if (old && !(await history.isAncestor(old, tip))) throw diverged(source);
  const files = await forward(repository, head, { tip, options });
  return { fetched, status: 'fast-forward', old, new: tip, files };
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
  const { onEvent, signal } = goal.options;
  const from = head.commit === undefined ? null : (await history.readCommit(head.commit)).tree;
  const to = (await history.readCommit(goal.tip)).tree;
  return recordOperation(repository, { command: 'pull', files: 'moved' }, async recorded => {
    const long = { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
    const { written, removed } = await checkoutTree(repository, { ...long, from, to, head });
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
      hint: `everything is fetched: merge it with "mgit merge ${remote}/${branch}"`,
    },
  );
}
