import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { Repository } from '../repository.ts';

/** Of extents, those that were not taken down here. */
export async function withoutPurged(
  { store }: Pick<Repository, 'store'>,
  digests: Iterable<Digest>,
): Promise<ReadonlySet<Digest>> {
  const purged = await store.purged.list();
  return new Set([...digests].filter(digest => !purged.has(digest)));
}

/** Takes out of packs that have just been received what was taken down here: packs come whole. Errors: as `StoreMaintenance.purge`. */
export async function dropPurged(
  { store }: Pick<Repository, 'store'>,
  { onEvent, signal }: LongOperation,
): Promise<void> {
  const purged = await store.purged.list();
  if (purged.size > 0)
    await store.maintenance.purge(purged, { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) });
}
