import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, PackId } from '../../base/ids.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { PACKS_REF, readPublishedPacks } from '../../remote/packs-ref.ts';
import { receivePacks } from '../../remote/receive-packs.ts';
import { readRemote, sharedRefCopy, transferName } from '../../remote/remote.ts';
import type { TensorStore } from '../../store/tensor-store.ts';
import { type Repository, withStore } from '../repository.ts';
import { offeredCommit } from '../transfer/fetch-shared.ts';
import { dropPurged, withoutPurged } from './drop-purged.ts';
import { promisedExtents } from './promised-extents.ts';
import { takeFromWorkTree } from './work-tree-extents.ts';

/** What is damaged. */
export interface Damage {
  readonly packs: ReadonlySet<PackId>;
  readonly reachable: ReadonlySet<Digest>;
}

/** What a repair did. */
export interface Repair {
  readonly quarantined: readonly PackId[];
  /** Packs that came from the remote. */
  readonly fetched: readonly PackId[];
  /** Extents that were stored again from files of the work tree. */
  readonly fromWorkTree: number;
}

/**
 * Makes a store whole again as far as it can be: what damaged packs still hold is copied, what is missing comes from the work tree, then
 * from a remote. Only when all of that is durable are damaged packs moved to `quarantine/`. Errors: as fetching, after local repair.
 */
export async function repairStore(
  repository: Repository,
  damage: Damage,
  options: LongOperation & { readonly remote?: string | undefined },
): Promise<Repair> {
  const view = repository.store.maintenance.without(damage.packs);
  try {
    await view.maintenance.salvage(damage.packs, options);
    const lost = await withoutPurged(repository, await view.missing(damage.reachable));
    const found = await takeFromWorkTree(repository, view, lost);
    const fetched = options.remote === undefined ? [] : await fetchLost(repository, view, damage, options);
    await view.maintenance.salvage(damage.packs, options); // What needed something that is here now.
    const here = new Set(await view.listPacks());
    const quarantined = [...damage.packs].filter(id => !here.has(id)); // Others were replaced by whole ones.
    if (quarantined.length > 0) await view.maintenance.quarantine(quarantined);
    await dropPurged(repository, options);
    return { quarantined, fetched, fromWorkTree: found.size };
  } finally {
    await view.close();
  }
}

async function fetchLost(
  repository: Repository,
  view: TensorStore,
  { reachable }: Damage,
  options: LongOperation & { readonly remote?: string | undefined },
): Promise<readonly PackId[]> {
  const missing = [...(await withoutPurged({ store: view }, await view.missing(reachable)))];
  const side = withStore(repository, view);
  const { promised } = await promisedExtents(side, missing, options);
  const digests = missing.filter(digest => !promised.has(digest)); // The others come when something needs them.
  if (digests.length === 0) return [];
  try {
    const { history } = repository;
    const remote = await readRemote(history, options.remote ?? 'origin');
    const from = transferName(remote, 'fetch');
    const transfer = options.signal ? { signal: options.signal } : {};
    const commit = offeredCommit(await history.listRemoteRefs(from, transfer), PACKS_REF);
    if (commit && (await history.readRef(sharedRefCopy(remote, 'packs') ?? PACKS_REF)) !== commit)
      await history.fetchObjects(from, [{ ref: PACKS_REF, id: commit }], transfer);
    const published = await readPublishedPacks(history, commit as CommitId | undefined);
    const backend = await openBackend(repository, remote, 'fetch');
    const known = new Set(published.map(({ id }) => id));
    const pointers = [...published, ...((await backend.others?.(known, options)) ?? [])];
    return (await receivePacks(side, backend, { digests, pointers }, options)).packs;
  } catch (error) {
    if (!isMgitError(error)) throw error;
    const { code, message, hint } = error;
    options.onEvent?.({ type: 'warning', code, message, ...(hint ? { hint } : {}) });
    return [];
  }
}
