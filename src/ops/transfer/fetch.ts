import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId, PackId } from '../../base/ids.ts';
import { PACKS_REF } from '../../remote/packs-ref.ts';
import { filterOf, setPromisor } from '../../remote/promisor.ts';
import { type Remote, readRemote, transferName } from '../../remote/remote.ts';
import type { RefUpdate, RemoteRef } from '../../store/history/history.ts';
import { withoutPassword } from '../../store/history/remote-errors.ts';
import { REPORTS_REF } from '../gate/reports.ts';
import type { Repository } from '../repository.ts';
import { fetchPacks } from './fetch-packs.ts';
import { type WantedRef, wantedRefs } from './fetch-refs.ts';
import { offeredCommit, sharedRefUpdates } from './fetch-shared.ts';
import { type TagPolicy, wantedTags } from './fetch-tags.ts';
import { defaultRemote } from './upstream.ts';

/** What to fetch. */
export interface FetchOptions extends LongOperation {
  /** A configured name or a URL; default: that of the current branch, else `origin`. */
  readonly remote?: string | undefined;
  readonly refspecs?: readonly string[];
  readonly tags?: TagPolicy;
  /** Remove refs that track branches which the remote no longer has. */
  readonly prune?: boolean;
  /** Commits of history behind each tip; `all` makes a shallow repository whole. */
  readonly depth?: number | 'all' | undefined;
  /** Bring every tensor of every commit, and no longer leave any with the remote. */
  readonly allTensors?: boolean;
}

/** What happened to one ref. `old` and `new` are null where it did not, or does not, exist. */
export interface FetchedRef {
  readonly remoteRef: string;
  readonly ref: string | undefined;
  readonly old: ObjectId | null;
  readonly new: ObjectId | null;
  readonly status: 'new' | 'fast-forward' | 'forced' | 'up-to-date' | 'rejected' | 'pruned';
}

/** What a fetch brought. */
export interface FetchResult {
  readonly remote: string;
  readonly url: string;
  readonly refs: readonly FetchedRef[];
  readonly packs: { readonly ids: readonly PackId[]; readonly bytes: number };
  /** Extents that nobody pushed. */
  readonly unavailableExtents: number;
  /** The ref that the remote's HEAD points to. */
  readonly defaultBranch: string | undefined;
}

/**
 * Brings commits, manifests, packs and reports of a remote. Refs move last, when everything they need is here; an interrupted fetch
 * continues where it stopped. Errors: `REMOTE_UNKNOWN`, `REF_NOT_ON_REMOTE`; as `History.fetchObjects` and
 * {@link fetchPacks}.
 */
export async function fetchRemote(repository: Repository, options: FetchOptions = {}): Promise<FetchResult> {
  const { history } = repository;
  const remote = await readRemote(history, options.remote ?? (await defaultRemote(history)));
  const from = transferName(remote, 'fetch');
  const transfer = transferOptions(options);
  const offered = await history.listRemoteRefs(from, transfer);
  const branches = wantedRefs(remote, offered, options.refspecs ?? []);
  const depth = depthOf(options);
  const isDeep = depth !== undefined;
  const shared = sharedRefs(offered);
  if (isDeep) await fetchMissing(repository, from, { refs: branches.map(asRemoteRef), depth, options });
  await fetchMissing(repository, from, {
    refs: isDeep ? shared : [...branches.map(asRemoteRef), ...shared],
    options,
  });
  const tags = await wantedTags(repository, offered, options.tags ?? 'follow');
  const wanted = [
    ...branches,
    ...tags.filter(tag => !branches.some(({ remoteRef }) => remoteRef === tag.remoteRef)),
  ];
  await fetchMissing(repository, from, { refs: tags.map(asRemoteRef), depth, options });
  const packs = await fetchPacks(repository, remote, {
    ...longOptions(options),
    tips: wanted.map(({ id }) => id),
    published: offeredCommit(offered, PACKS_REF),
    whole: isDeep || options.allTensors === true,
    allTensors: options.allTensors === true,
  });
  const refs = [
    ...(await judge(repository, wanted)),
    ...(await pruned(repository, remote, offered, options)),
  ];
  await moveRefs(repository, remote, { refs, offered, options });
  if (options.allTensors && packs.unavailable.length === 0) await forgetFilter(repository, remote);
  return {
    remote: remote.name ?? withoutPassword(remote.fetchUrl),
    url: withoutPassword(remote.fetchUrl),
    refs,
    packs: { ids: packs.packs, bytes: packs.bytes },
    unavailableExtents: packs.unavailable.length,
    defaultBranch: offered.find(({ ref }) => ref === 'HEAD')?.symbolicTarget,
  };
}

/** What a fetch works with once the remote has said what it has. */
interface Session {
  readonly offered: readonly RemoteRef[];
  readonly options: FetchOptions;
}

function transferOptions({ signal }: LongOperation): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function longOptions({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

/** What Git takes for no bound. Source: git-fetch(1), "--unshallow"; shallow.h. */
const INFINITE_DEPTH = 0x7fffffff;

function depthOf({ depth }: FetchOptions): number | undefined {
  if (depth === undefined || depth === 'all') return depth && INFINITE_DEPTH;
  if (Number.isSafeInteger(depth) && depth > 0 && depth <= INFINITE_DEPTH) return depth;
  throw new MgitError('USAGE', `a depth is a whole number from 1 on, not ${depth}`);
}

/** Later fetches bring all tensors; what the remote holds stays known as such. */
async function forgetFilter({ history }: Repository, { name }: Remote): Promise<void> {
  if (name !== undefined && (await filterOf(history, name)) !== undefined)
    await setPromisor(history, name, null);
}

function asRemoteRef({ remoteRef, id }: WantedRef): RemoteRef {
  return { ref: remoteRef, id };
}

function sharedRefs(offered: readonly RemoteRef[]): readonly RemoteRef[] {
  return offered.filter(({ ref }) => ref === PACKS_REF || ref === REPORTS_REF);
}

interface MissingRefs {
  readonly refs: readonly RemoteRef[];
  readonly depth?: number | undefined;
  readonly options: FetchOptions;
}

/**
 * A commit that a local ref names is here with all it needs; any other may be here in part, and is asked for. With a depth all are: it
 * is history behind them that is wanted.
 */
async function fetchMissing(
  { history }: Repository,
  from: string,
  { refs, depth, options }: MissingRefs,
): Promise<void> {
  const here = new Set((await history.listRefs('refs/')).map(({ id }) => id));
  const missing = depth === undefined ? refs.filter(({ id }) => !here.has(id)) : refs;
  if (missing.length === 0) return;
  const bound = depth === undefined ? {} : { depth };
  await history.fetchObjects(from, missing, { ...transferOptions(options), ...bound });
}

async function judge({ history }: Repository, wanted: readonly WantedRef[]): Promise<readonly FetchedRef[]> {
  const refs: FetchedRef[] = [];
  const head = await history.head();
  const checkedOut = head.kind === 'branch' && history.workTree !== undefined ? head.ref : undefined;
  for (const { remoteRef, id, destination, force } of wanted) {
    const old = (destination && (await history.readRef(destination))) || null;
    if (destination !== undefined && old !== id && destination === checkedOut)
      throw intoCheckedOut(destination);
    const base = { remoteRef, ref: destination, old, new: id };
    if (old === null) refs.push({ ...base, status: 'new' });
    else if (old === id) refs.push({ ...base, status: 'up-to-date' });
    else if (await history.isAncestor(old as CommitId, id as CommitId))
      refs.push({ ...base, status: 'fast-forward' });
    else refs.push({ ...base, status: force ? 'forced' : 'rejected' });
  }
  return refs;
}

function intoCheckedOut(ref: string): MgitError {
  return new MgitError('BRANCH_CHECKED_OUT', `${ref} is checked out: a fetch must not move it`, {
    hint: 'use mgit pull, or fetch into another branch',
  });
}

/** Tracking refs whose branch is gone, where asked for. */
async function pruned(
  { history }: Repository,
  remote: Remote,
  offered: readonly RemoteRef[],
  options: FetchOptions,
): Promise<readonly FetchedRef[]> {
  if (!options.prune || remote.name === undefined) return [];
  const kept = new Set(wantedRefs(remote, offered, []).map(({ destination }) => destination));
  const tracked = await history.listRefs(`refs/remotes/${remote.name}/`);
  return tracked
    .filter(({ ref }) => !kept.has(ref) && !ref.endsWith('/HEAD'))
    .map(({ ref, id }) => ({ remoteRef: '', ref, old: id, new: null, status: 'pruned' as const }));
}

async function moveRefs(
  repository: Repository,
  remote: Remote,
  session: Session & { readonly refs: readonly FetchedRef[] },
): Promise<void> {
  const published = {
    packs: offeredCommit(session.offered, PACKS_REF),
    reports: offeredCommit(session.offered, REPORTS_REF),
  };
  const updates: RefUpdate[] = [...(await sharedRefUpdates(repository, remote, published))];
  for (const { ref, old, new: target, status } of session.refs)
    if (ref !== undefined && status !== 'up-to-date' && status !== 'rejected')
      updates.push({ ref, target, expected: old });
  if (updates.length > 0)
    await repository.history.updateRefs(updates, `fetch ${remote.name ?? withoutPassword(remote.fetchUrl)}`);
}
