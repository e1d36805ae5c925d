import { basename, resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { setPromisor } from '../../remote/promisor.ts';
import { parseRemoteUrl } from '../../remote/remote-url.ts';
import { withoutPassword } from '../../store/history/remote-errors.ts';
import { initRepository, type Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { type FetchResult, fetchRemote } from './fetch.ts';
import { setRemote } from './remote.ts';
import { beginClone } from './unfinished-clone.ts';
import { setUpstream } from './upstream.ts';

/** What to clone, and where to. */
export interface CloneOptions extends LongOperation {
  readonly url: string;
  /** Absolute: relative URLs and directories start here. */
  readonly cwd: string;
  /** Default: the last part of the URL. */
  readonly directory?: string | undefined;
  /** Default: the remote's default branch. */
  readonly branch?: string | undefined;
  /** Default: `origin`. */
  readonly remoteName?: string | undefined;
  readonly bare?: boolean;
  /** Write the files of the branch (default true). */
  readonly checkout?: boolean;
  /** The tensors to bring, a glob or `none`; the others stay with the remote and come when something needs them. Default: all. */
  readonly filter?: string | undefined;
  /** Commits of history behind each branch; default: all. */
  readonly depth?: number | undefined;
}

/** What a clone made. */
export interface CloneResult {
  readonly directory: string;
  /** The branch that HEAD is on. */
  readonly branch: string;
  /** Undefined: the remote has no commits yet. */
  readonly commit: CommitId | undefined;
  readonly fetched: FetchResult;
  readonly files: number;
}

/**
 * Makes a repository of a remote: commits, manifests, packs, reports, and the files of a branch; with a filter, a partial clone, in which
 * models that are not all here stay manifests. When it fails, what it made is removed; when it is cut off, the same clone goes on with
 * what has come.
 * Errors: `DIRECTORY_NOT_EMPTY`, `BRANCH_NOT_ON_REMOTE`; as {@link fetchRemote}.
 */
export async function cloneRepository(ports: Ports, options: CloneOptions): Promise<CloneResult> {
  const directory = resolve(options.cwd, options.directory ?? directoryOf(options.url));
  const bare = options.bare ?? false;
  const url = absoluteUrl(options.url, options.cwd);
  const { remoteName, branch, filter, depth } = options;
  const what = [withoutPassword(url), remoteName, branch, filter, depth].map(String).join(' ');
  const clone = await beginClone(ports.fs, { directory, bare, what });
  try {
    await using repository = await initRepository(ports, { directory, bare });
    const result = await fill(repository, directory, { ...options, url });
    await clone.finish();
    return result;
  } catch (error) {
    await clone.giveUp();
    throw error;
  }
}

async function fill(repository: Repository, directory: string, options: CloneOptions): Promise<CloneResult> {
  const { history } = repository;
  const remote = options.remoteName ?? 'origin';
  await setRemote(repository, { name: remote, url: options.url });
  if (options.filter !== undefined) await setPromisor(history, remote, options.filter);
  const { depth } = options;
  const fetched = await fetchRemote(repository, { ...longOptions(options), remote, depth });
  const ref = branchRef(fetched, options.branch);
  const branch = ref.replace(/^refs\/heads\//, '');
  const begun = await history.readRef(ref);
  const commit = (begun ?? (await history.readRef(`refs/remotes/${remote}/${branch}`))) as
    | CommitId
    | undefined;
  if (commit === undefined && options.branch !== undefined) throw noSuchBranch(options.branch);
  if (commit !== undefined && begun === undefined)
    await history.updateRefs([{ ref, target: commit, expected: null }], `clone: from ${fetched.url}`);
  await history.setHead({ branch: ref }, `clone: from ${fetched.url}`);
  await setUpstream(history, branch, { remote, ref });
  const wantsFiles = commit !== undefined && options.checkout !== false && options.bare !== true;
  const files = wantsFiles ? await writeFiles(repository, commit, options) : 0;
  return { directory, branch, commit, fetched, files };
}

async function writeFiles(repository: Repository, commit: CommitId, options: CloneOptions): Promise<number> {
  const { tree } = await repository.history.readCommit(commit);
  const { written } = await checkoutTree(repository, { ...longOptions(options), from: null, to: tree });
  return written.length;
}

function longOptions({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

function branchRef(fetched: FetchResult, asked: string | undefined): string {
  if (asked !== undefined) return `refs/heads/${asked}`;
  if (fetched.defaultBranch !== undefined) return fetched.defaultBranch;
  const [first] = fetched.refs.filter(({ remoteRef }) => remoteRef.startsWith('refs/heads/'));
  return first?.remoteRef ?? 'refs/heads/main';
}

/** As Git names it: the last part of the URL, without `.git`. */
export function directoryOf(url: string): string {
  const path = url.replace(/[/\\]+$/, '').replace(/[/\\]\.git$/, '');
  const name = basename(path.replace(/^[^/\\]*:(?=[^/\\])/, '')).replace(/\.git$/, '');
  if (name !== '' && name !== '.' && name !== '..') return name;
  throw new MgitError('USAGE', `the URL ${url} gives no name for a directory`, {
    hint: 'name one: mgit clone <url> <dir>',
  });
}

/** What works here must work in the clone. */
function absoluteUrl(url: string, cwd: string): string {
  const address = parseRemoteUrl(url, cwd);
  return address.kind === 'path' && !url.startsWith('file:') ? address.path : url;
}

function noSuchBranch(branch: string): MgitError {
  return new MgitError('BRANCH_NOT_ON_REMOTE', `the remote has no branch ${branch}`, {
    hint: 'see what it has with: git ls-remote',
  });
}
