import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { LocatedRecord } from '../extents/locate.ts';
import type { PackWriter } from '../packs/pack-writer.ts';
import { copyRecords } from './copy-records.ts';
import type { LiveRecords } from './live-records.ts';
import { type CollectionScope, type PackFate, planCollection } from './plan-collection.ts';
import { type RetirementPlace, retirePacks } from './retire-packs.ts';

/** What a collection did, or would do. */
export interface Collection {
  readonly fates: readonly PackFate[];
  /** Packs that hold what was still needed of those that are gone. */
  readonly written: readonly PackId[];
  /** Packs that are gone. Fewer than planned where somebody began to rely on one meanwhile. */
  readonly removed: readonly PackId[];
}

/** Where packs are removed from and written to. */
export interface CollectionPlace extends RetirementPlace {
  /** Begins new packs. */
  readonly write: () => PackWriter;
}

/**
 * Removes what nothing needs. New packs are durable before old ones go. Errors: `STORE_LOCKED`, `STORE_CHANGED`, `PACK_CORRUPT`,
 * `RECORD_UNSUPPORTED` (of a record that a later mgit wrote nobody knows what it needs).
 */
export async function collect(
  place: CollectionPlace,
  scope: CollectionScope & { readonly dryRun?: boolean },
  options: LongOperation,
): Promise<Collection> {
  const { fates, live } = await planCollection(place.local, scope);
  const going = fates.filter(({ fate }) => fate === 'removed' || fate === 'rewritten');
  if (scope.dryRun || going.length === 0) return { fates, written: [], removed: [] };
  const written = await rewrite(place, recordsIn(going, live), options);
  const victims = new Map(going.map(({ id }) => [id, scope.times.get(id) ?? 0n]));
  const removed = await retirePacks(place, { victims, live: live.records.keys() });
  return { fates, written, removed };
}

function recordsIn(going: readonly PackFate[], live: LiveRecords): readonly LocatedRecord[] {
  const records = new Map<Digest, LocatedRecord>();
  for (const { id } of going)
    for (const digest of live.inPack(id)) {
      const record = live.records.get(digest);
      if (record) records.set(digest, record);
    }
  return [...records.values()];
}

async function rewrite(
  place: CollectionPlace,
  records: readonly LocatedRecord[],
  options: LongOperation,
): Promise<readonly PackId[]> {
  const writer = place.write();
  try {
    await copyRecords(records, writer, options);
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
