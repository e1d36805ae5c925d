import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { type FetchedPack, fetchedPacks, forgetFetched } from '../../remote/fetched-packs.ts';
import { promisors } from '../../remote/promisor.ts';
import { type Repository, withStore } from '../repository.ts';
import { sizeSetting } from '../size-setting.ts';
import { heldBy } from './promised-extents.ts';

/**
 * Keeps what a partial clone has fetched within `mgit.cacheQuota`: packs that were fetched longest ago go first. Only such go whose
 * every extent a remote has, which is asked. Returns the packs that went. Errors: `CONFIG_INVALID`; those of asking the remote;
 * `STORE_LOCKED`, `STORE_CHANGED`.
 */
export async function trimCache(
  repository: Repository,
  options: LongOperation = {},
): Promise<readonly PackId[]> {
  const { history, store, ports } = repository;
  const quota = await sizeSetting(history, 'mgit.cacheQuota');
  if (quota === undefined || (await promisors(history)).length === 0) return [];
  const times = await store.maintenance.packTimes();
  const cached = (await fetchedPacks(repository)).filter(({ id }) => times.has(id)).sort(oldestFirst);
  let bytes = -quota;
  for (const { id } of cached) bytes += (await ports.fs.stat(store.packPath(id))).size;
  if (bytes <= 0) return [];
  const packs = await obtainable(
    repository,
    cached.map(({ id }) => id),
    options,
  );
  const gone = await store.maintenance.evict({ times, packs, bytes });
  for (const id of gone) await forgetFetched(repository, id);
  return gone;
}

function oldestFirst(left: FetchedPack, right: FetchedPack): number {
  return Number(left.fetchedNs - right.fetchedNs) || (left.id < right.id ? -1 : 1);
}

/** Of packs, those all of whose extents remotes have: if none of these packs were here, they could be fetched. */
async function obtainable(
  repository: Repository,
  packs: readonly PackId[],
  options: LongOperation,
): Promise<readonly PackId[]> {
  const { maintenance } = repository.store;
  const view = withStore(repository, maintenance.without(new Set(packs)));
  try {
    const digests = [...(await maintenance.extentsIn(packs))];
    const held = new Set<Digest>();
    for (const promisor of await promisors(repository.history))
      for (const digest of await heldBy(view, promisor, { digests, options, isAsked: true }))
        held.add(digest);
    const kept: PackId[] = [];
    for (const id of packs)
      if ([...(await maintenance.extentsIn([id]))].every(digest => held.has(digest))) kept.push(id);
    return kept;
  } finally {
    await view.store.close();
  }
}
