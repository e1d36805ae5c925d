import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, ObjectId, PackId } from '../../base/ids.ts';
import { digestsOfTips } from '../../remote/digests-of-commits.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { PACKS_REF, readPublishedPacks } from '../../remote/packs-ref.ts';
import { type ReceivedPacks, receivePacks } from '../../remote/receive-packs.ts';
import { type Remote, readRemote, transferName } from '../../remote/remote.ts';
import type { RefUpdate, RemoteRef } from '../../store/history/history.ts';
import { withoutPassword } from '../../store/history/remote-errors.ts';
import { storeChanged } from '../../store/maintenance/store-changed.ts';
import { REPORTS_REF } from '../gate/reports.ts';
import type { Repository } from '../repository.ts';
import { type WantedRef, wantedRefs } from './fetch-refs.ts';
import { offeredCommit, sharedRefUpdates } from './fetch-shared.ts';
import { type TagPolicy, wantedTags } from './fetch-tags.ts';
import { peeledCommits } from './peeled-commits.ts';
import { defaultRemote } from './upstream.ts';

/** What to fetch. */
export interface FetchOptions extends LongOperation {
  /** A configured name or a URL; default: that of the current branch, else `origin`. */
  readonly remote?: string | undefined;
  readonly refspecs?: readonly string[];
  readonly tags?: TagPolicy;
  /** Remove refs that track branches which the remote no longer has. */
  readonly prune?: boolean;
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
 * continues where it stopped. Errors: `REMOTE_UNKNOWN`, `REF_NOT_ON_REMOTE`; as `History.fetchObjects` and `receivePacks`.
 */
export async function fetchRemote(repository: Repository, options: FetchOptions = {}): Promise<FetchResult> {
  const { history } = repository;
  const remote = await readRemote(history, options.remote ?? (await defaultRemote(history)));
  const from = transferName(remote, 'fetch');
  const transfer = transferOptions(options);
  const offered = await history.listRemoteRefs(from, transfer);
  const branches = wantedRefs(remote, offered, options.refspecs ?? []);
  await fetchMissing(repository, from, {
    refs: [...branches.map(asRemoteRef), ...sharedRefs(offered)],
    offered,
    options,
  });
  const tags = await wantedTags(repository, offered, options.tags ?? 'follow');
  const wanted = [
    ...branches,
    ...tags.filter(tag => !branches.some(({ remoteRef }) => remoteRef === tag.remoteRef)),
  ];
  await fetchMissing(repository, from, { refs: tags.map(asRemoteRef), offered, options });
  const packs = await fetchPacks(repository, remote, { wanted, offered, options });
  const refs = [
    ...(await judge(repository, wanted)),
    ...(await pruned(repository, remote, offered, options)),
  ];
  await moveRefs(repository, remote, { refs, offered, options });
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

function asRemoteRef({ remoteRef, id }: WantedRef): RemoteRef {
  return { ref: remoteRef, id };
}

function sharedRefs(offered: readonly RemoteRef[]): readonly RemoteRef[] {
  return offered.filter(({ ref }) => ref === PACKS_REF || ref === REPORTS_REF);
}

/** A commit that a local ref names is here with all it needs; any other may be here in part, and is asked for. */
async function fetchMissing(
  { history }: Repository,
  from: string,
  session: Session & { readonly refs: readonly RemoteRef[] },
): Promise<void> {
  const here = new Set((await history.listRefs('refs/')).map(({ id }) => id));
  const missing = session.refs.filter(({ id }) => !here.has(id));
  if (missing.length > 0) await history.fetchObjects(from, missing, transferOptions(session.options));
}

async function fetchPacks(
  repository: Repository,
  remote: Remote,
  session: Session & { readonly wanted: readonly WantedRef[] },
): Promise<ReceivedPacks> {
  const { history } = repository;
  const tips = await peeledCommits(
    history,
    session.wanted.map(({ id }) => id),
  );
  const tracked = remote.name === undefined ? [] : await history.listRefs(`refs/remotes/${remote.name}/`);
  const exclude = await peeledCommits(
    history,
    tracked.map(({ id }) => id),
  );
  const digests = await digestsOfTips(history, { tips, exclude });
  if ((await repository.store.missing(digests)).length === 0) {
    await keepUntilNamed(repository, digests, true);
    return { packs: [], bytes: 0, unavailable: [] };
  }
  const backend = await openBackend(repository, remote, 'fetch');
  const published = await readPublishedPacks(history, offeredCommit(session.offered, PACKS_REF));
  const known = new Set([...published.map(({ id }) => id), ...(await repository.store.listPacks())]);
  const pointers = [...published, ...((await backend.others?.(known, session.options)) ?? [])];
  const received = await receivePacks(repository, backend, { digests, pointers }, session.options);
  await keepUntilNamed(repository, digests, received.unavailable.length === 0);
  if (received.unavailable.length > 0)
    session.options.onEvent?.({
      type: 'warning',
      code: 'PACKS_INCOMPLETE',
      message: `${backend.location} lacks the bytes of ${received.unavailable.length} extents of these commits`,
      hint: 'they were pushed without mgit: ask whoever made them to run mgit push',
    });
  return received;
}

/** What was here already may be unreached so far: gc must leave it until the refs have moved. Errors: `STORE_CHANGED`. */
async function keepUntilNamed(
  { store }: Repository,
  digests: ReadonlySet<Digest>,
  isComplete: boolean,
): Promise<void> {
  const lost = await store.keep(digests);
  if (isComplete && lost.length > 0) throw storeChanged();
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
