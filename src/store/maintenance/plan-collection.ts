import type { Digest, PackId } from '../../base/ids.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import { isCopyable } from './copy-records.ts';
import { entryBytes } from './entry-bytes.ts';
import { type LiveRecords, liveRecords } from './live-records.ts';
import { entriesOf, openIfThere, referencesOfPack } from './pack-references.ts';
import type { PackTimes } from './pack-times.ts';

/** A pack is written anew when at least this share of it is dead: less would move many bytes to free few. */
const DEAD_SHARE = 0.2;

/** What becomes of a pack: `young` and `used` ones stay as they are. */
export interface PackFate {
  readonly id: PackId;
  readonly fate: 'young' | 'used' | 'rewritten' | 'removed';
  readonly bytes: number;
  /** Of `bytes`, those that nothing needs. */
  readonly deadBytes: number;
  readonly deadExtents: number;
}

/** What a collection would do. */
export interface CollectionPlan {
  readonly fates: readonly PackFate[];
  readonly live: LiveRecords;
}

/** What is collected. */
export interface CollectionScope {
  readonly times: PackTimes;
  readonly reachable: Iterable<Digest>;
  /** Packs that were written or relied on since then (milliseconds since the epoch) stay. */
  readonly olderThan: number;
  /** Packs that stay whatever they hold. */
  readonly keep?: ReadonlySet<PackId>;
}

/**
 * Decides about every pack. Records are live when something reachable needs them; so is what the records of packs that stay refer
 * to, so that no record loses what it depends on.
 */
export async function planCollection(local: LocalPacks, scope: CollectionScope): Promise<CollectionPlan> {
  const live = liveRecords(local.lookup());
  await live.add(scope.reachable);
  const isYoung = (id: PackId): boolean =>
    scope.keep?.has(id) === true || Number((scope.times.get(id) ?? 0n) / 1_000_000n) >= scope.olderThan;
  for (;;) {
    const fates: PackFate[] = [];
    let isGrown = false;
    for (const id of scope.times.keys()) {
      const pack = await openIfThere(local, id);
      if (!pack) continue;
      const fate = fateOf(pack, live, isYoung(id));
      fates.push(fate);
      const stays = fate.fate === 'young' || fate.fate === 'used';
      if (stays && (await live.add(referencesOfPack(pack)))) isGrown = true;
    }
    if (!isGrown) return { fates, live };
  }
}

function fateOf(pack: OpenPack, live: LiveRecords, isYoung: boolean): PackFate {
  const needed = live.inPack(pack.id);
  let [bytes, deadBytes, deadExtents] = [0, 0, 0];
  for (const entry of entriesOf(pack)) {
    const size = entryBytes(pack.index, entry);
    bytes += size;
    if (needed.has(entry.digest)) continue;
    deadBytes += size;
    deadExtents++;
  }
  const isWorthwhile = deadBytes >= bytes * DEAD_SHARE;
  const canMove = [...needed].every(digest => {
    const record = live.records.get(digest);
    return record !== undefined && isCopyable(record);
  });
  const fate = (): PackFate['fate'] => {
    if (isYoung) return 'young';
    if (needed.size === 0) return 'removed';
    return isWorthwhile && canMove ? 'rewritten' : 'used';
  };
  return { id: pack.id, fate: fate(), bytes, deadBytes, deadExtents };
}
