import { isSystemError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { missingExtents } from '../extents/dependencies.ts';
import type { LocalPacks, PackLookup } from '../extents/local-packs.ts';
import { dependenciesOf, referencesOf } from '../extents/references.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import type { CollectionPlace } from './collect.ts';
import { copyRecords } from './copy-records.ts';
import { entryBytes } from './entry-bytes.ts';
import { entriesOf } from './pack-references.ts';
import { readPackTimes } from './pack-times.ts';
import { retirePacks } from './retire-packs.ts';
import { recordOf } from './salvage.ts';
import { storeChanged } from './store-changed.ts';

/** What taking extents out of a store means for it. */
export interface PurgePlan {
  /** Of the extents, those that are stored. */
  readonly stored: readonly Digest[];
  /** What their records take in packs. */
  readonly bytes: number;
  /** Packs that hold them, or records that are computed from them: all are written anew. */
  readonly packs: readonly PackId[];
  /** Other extents whose records need one of them, and which are stored once more first. */
  readonly dependents: readonly Digest[];
  /** Others that need one of them and are not wholly here: fetch what they lack first. */
  readonly unreadable: readonly Digest[];
}

/** What was done. */
export interface Purged {
  readonly plan: PurgePlan;
  readonly written: readonly PackId[];
  readonly removed: readonly PackId[];
}

/** Looks through all packs. Errors: `PACK_CORRUPT`, `RECORD_UNSUPPORTED`. */
export async function planPurge(local: LocalPacks, digests: ReadonlySet<Digest>): Promise<PurgePlan> {
  const [stored, referring, packs] = [new Set<Digest>(), new Set<Digest>(), new Set<PackId>()];
  let bytes = 0;
  for (const id of await local.list()) {
    const pack = await openIfThere(local, id);
    for (const entry of pack ? entriesOf(pack) : []) {
      if (!pack || !isConcerned(entry, digests)) continue;
      packs.add(id);
      if (!digests.has(entry.digest)) referring.add(entry.digest);
      else {
        stored.add(entry.digest);
        bytes += entryBytes(pack.index, entry);
      }
    }
  }
  // Records of what is gone already hold none of its bytes: they stay, for when they can be of use again.
  if (stored.size === 0) return { stored: [], bytes: 0, packs: [], dependents: [], unreadable: [] };
  const { dependents, unreadable } = await sorted(local.lookup(), referring, digests);
  return { stored: [...stored], bytes, packs: [...packs], dependents, unreadable };
}

/**
 * Takes extents out of every pack. What is computed from them is stored once more by `flatten` first; the new packs are durable before old
 * ones go. Errors: `STORE_LOCKED`, `STORE_CHANGED`, those of reading the dependents.
 */
export async function purge(
  place: CollectionPlace,
  digests: ReadonlySet<Digest>,
  {
    flatten,
    ...long
  }: LongOperation & { readonly flatten: (digests: readonly Digest[]) => Promise<readonly PackId[]> },
): Promise<Purged> {
  const times = await readPackTimes(place.fs, place.local);
  const plan = await planPurge(place.local, digests);
  if (plan.packs.length === 0) return { plan, written: [], removed: [] };
  const written = [...(await flatten(plan.dependents))];
  const live = new Set<Digest>();
  for (const id of plan.packs) {
    const pack = await place.local.open(id);
    const kept = [...entriesOf(pack)].filter(entry => !isConcerned(entry, digests));
    for (const { digest } of kept) live.add(digest);
    written.push(...(await copyOut(place, pack, { kept, long })));
  }
  for (const digest of plan.dependents) live.add(digest);
  await place.local.refresh();
  const victims = new Map(plan.packs.map(id => [id, times.get(id) ?? 0n]));
  const removed = await retirePacks(place, { victims, live });
  if (removed.length < victims.size) throw storeChanged();
  return { plan, written, removed };
}

function isConcerned(entry: PackEntry, digests: ReadonlySet<Digest>): boolean {
  return digests.has(entry.digest) || referencesOf(entry).some(digest => digests.has(digest));
}

/** Of extents with records that need purged ones, those that must be stored once more. */
async function sorted(
  lookup: PackLookup,
  referring: ReadonlySet<Digest>,
  digests: ReadonlySet<Digest>,
): Promise<Pick<PurgePlan, 'dependents' | 'unreadable'>> {
  const [dependents, unreadable]: [Digest[], Digest[]] = [[], []];
  for (const digest of referring) {
    const record = await lookup(digest);
    const isNeeding = !record || dependenciesOf(record).some(below => digests.has(below));
    if (!isNeeding) continue;
    const isReadable = (await missingExtents([digest], lookup)).length === 0;
    (isReadable ? dependents : unreadable).push(digest);
  }
  return { dependents, unreadable };
}

/** Entry by entry, so that what other packs hold the rest of stays as it is. */
async function copyOut(
  place: CollectionPlace,
  pack: OpenPack,
  { kept, long }: { readonly kept: readonly PackEntry[]; readonly long: LongOperation },
): Promise<readonly PackId[]> {
  const writer = place.write();
  try {
    await copyRecords(
      kept.map(entry => recordOf(pack, entry)),
      writer,
      long,
    );
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Another process may have removed it. */
async function openIfThere(local: LocalPacks, id: PackId): Promise<OpenPack | undefined> {
  try {
    return await local.open(id);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
