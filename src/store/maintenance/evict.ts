import type { Digest, PackId } from '../../base/ids.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import { entriesOf, openIfThere, referencesOfPack } from './pack-references.ts';
import type { PackTimes } from './pack-times.ts';
import { type RetirementPlace, retirePacks } from './retire-packs.ts';

/** What may go. */
export interface Eviction {
  /** The times of all packs before anything was decided. */
  readonly times: PackTimes;
  /** Packs that can be had again, in the order in which they may go. */
  readonly packs: readonly PackId[];
  /** So many bytes are to be freed. */
  readonly bytes: number;
}

/**
 * Removes packs that can be had again. One whose records others need stays as long as they do. Returns those removed, which may be
 * less than was asked for. Errors: `STORE_LOCKED`, `STORE_CHANGED`.
 */
export async function evict(place: RetirementPlace, eviction: Eviction): Promise<readonly PackId[]> {
  const victims = await chooseVictims(place, eviction);
  if (victims.size === 0) return [];
  return retirePacks(place, { victims, live: [] });
}

async function chooseVictims(
  { local }: RetirementPlace,
  { times, packs, bytes }: Eviction,
): Promise<PackTimes> {
  const needs = await referrers(local);
  const isNeeded = (id: PackId, pack: OpenPack): boolean => {
    for (const { digest } of entriesOf(pack))
      for (const other of needs.get(digest) ?? []) if (other !== id && !victims.has(other)) return true;
    return false;
  };
  const victims = new Map<PackId, bigint>();
  let open = packs.filter(id => times.has(id));
  let freed = 0;
  for (let isNew = true; isNew && freed < bytes; ) {
    isNew = false;
    for (const id of open) {
      if (freed >= bytes) break;
      const pack = await openIfThere(local, id);
      if (!pack || isNeeded(id, pack)) continue;
      victims.set(id, times.get(id) ?? 0n);
      freed += (await pack.file.stat()).size;
      isNew = true;
    }
    open = open.filter(id => !victims.has(id));
  }
  return victims;
}

/** For each extent that records refer to, the packs of those records. */
async function referrers(local: LocalPacks): Promise<ReadonlyMap<Digest, ReadonlySet<PackId>>> {
  const needs = new Map<Digest, Set<PackId>>();
  for (const id of await local.list()) {
    const pack = await openIfThere(local, id);
    for (const digest of pack ? referencesOfPack(pack) : [])
      needs.set(digest, (needs.get(digest) ?? new Set()).add(id));
  }
  return needs;
}
