import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, ObjectId } from '../../base/ids.ts';
import { digestsOfTips } from '../../remote/digests-of-commits.ts';
import { fetchedPacks, markFetched } from '../../remote/fetched-packs.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { promisors } from '../../remote/promisor.ts';
import { type ReceivedPacks, receivePacks } from '../../remote/receive-packs.ts';
import { receiveRecords } from '../../remote/records/receive-records.ts';
import type { Remote } from '../../remote/remote.ts';
import { tensorFilter } from '../../remote/tensor-filter.ts';
import { storeChanged } from '../../store/maintenance/store-changed.ts';
import { dropPurged, withoutPurged } from '../maintenance/drop-purged.ts';
import type { Repository } from '../repository.ts';
import { peeledCommits } from './peeled-commits.ts';
import { remotePointers } from './remote-pointers.ts';

/** The commits whose tensors are wanted, and how many of them. */
export interface PackRequest extends LongOperation {
  readonly tips: readonly ObjectId[];
  readonly published: CommitId | undefined;
  /** Everything behind the tips, not only what the tracking refs do not reach: history grew at its old end. */
  readonly whole: boolean;
  /** Whatever the remote's filter says. */
  readonly allTensors: boolean;
}

const NOTHING: ReceivedPacks = { packs: [], bytes: 0, unavailable: [] };

/**
 * Brings the tensors of commits. A whole clone takes whole packs, as they are; one that is, or was, partial or shallow takes records, since of
 * most packs it needs a part, and the smaller of a merge's result and its inputs. Errors: as {@link receivePacks}, {@link receiveRecords}.
 */
export async function fetchPacks(
  repository: Repository,
  remote: Remote,
  request: PackRequest,
): Promise<ReceivedPacks> {
  const promisor = (await promisors(repository.history)).find(({ name }) => name === remote.name);
  const filter = request.allTensors ? undefined : promisor?.filter;
  const named = await wantedDigests(repository, remote, { ...request, filter });
  const digests = await withoutPurged(repository, named);
  if ((await repository.store.missing(digests)).length === 0) {
    await keepUntilNamed(repository, digests, true);
    return NOTHING;
  }
  const backend = await openBackend(repository, remote, 'fetch');
  const { published } = request;
  const pointers = await remotePointers(repository, { backend, published }, request);
  const onPack = (id: ReceivedPacks['packs'][number]) => markFetched(repository, id);
  const isInPart = promisor !== undefined || (await isShallow(repository)) || (await wasInPart(repository));
  const received = isInPart
    ? await receiveRecords(repository, backend, { digests, pointers, onPack }, request)
    : await receivePacks(repository, backend, { digests, pointers }, request);
  await dropPurged(repository, request);
  await repository.store.maintenance.shorten(digests, longOptions(request));
  await keepUntilNamed(repository, digests, received.unavailable.length === 0);
  if (received.unavailable.length > 0)
    request.onEvent?.({
      type: 'warning',
      code: 'PACKS_INCOMPLETE',
      message: `${backend.location} lacks the bytes of ${received.unavailable.length} extents of these commits`,
      hint: 'they were pushed without mgit: ask whoever made them to run mgit push',
    });
  return received;
}

function longOptions({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

async function wantedDigests(
  { history }: Repository,
  remote: Remote,
  request: PackRequest & { readonly filter: string | undefined },
): Promise<ReadonlySet<Digest>> {
  const tips = await peeledCommits(history, request.tips);
  const isKnown = remote.name !== undefined && !request.whole;
  const tracked = isKnown ? await history.listRefs(`refs/remotes/${remote.name}/`) : [];
  const exclude = await peeledCommits(
    history,
    tracked.map(({ id }) => id),
  );
  const matches = request.filter === undefined ? undefined : tensorFilter(request.filter);
  return digestsOfTips(history, { tips, exclude, matches });
}

/** Whole packs would bring again what came as records: of a clone that was partial or shallow before. */
async function wasInPart(repository: Repository): Promise<boolean> {
  return (await fetchedPacks(repository)).length > 0;
}

/** Source: gitrepository-layout(5), "shallow". */
async function isShallow({ history, ports }: Repository): Promise<boolean> {
  try {
    return (await ports.fs.stat(join(history.commonDirectory, 'shallow'))).size > 0;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
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
