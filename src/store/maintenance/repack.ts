import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { LocatedRecord } from '../extents/locate.ts';
import type { WriteSession } from '../extents/session.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import type { CollectionPlace } from './collect.ts';
import { copyRecords, isCopyable } from './copy-records.ts';
import { mixedChains } from './mixed-chains.ts';
import { entriesOf, openIfThere } from './pack-references.ts';
import type { PackTimes } from './pack-times.ts';
import { type Recoded, type RepackWish, recodeAll } from './recode-all.ts';
import { retirePacks } from './retire-packs.ts';

/** What is packed anew. Wishes come oldest first. */
export interface RepackScope {
  readonly times: PackTimes;
  readonly wishes: readonly RepackWish[];
}

/** What a repack did. */
export interface Repacked {
  readonly recoded: number;
  /** Bytes of the recoded extents' records, before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly written: readonly PackId[];
  readonly removed: readonly PackId[];
}

/** Packs smaller than this are put together. */
const SMALL_BYTES = 64 * 1024 * 1024;

type Options = LongOperation & { readonly session: (bytes: number) => WriteSession };

/**
 * Codes records anew against better bases, and puts small packs together. Nothing is dropped, not even what nothing reaches. Old packs go
 * when the new ones are durable. Errors: those of reading, `STORE_LOCKED`, `STORE_CHANGED`.
 */
export async function repack(
  place: CollectionPlace,
  scope: RepackScope,
  options: Options,
): Promise<Repacked> {
  let bytes = 0;
  for (const id of scope.times.keys()) bytes += await sizeOf(await openIfThere(place.local, id));
  const session = options.session(bytes);
  try {
    const chains = await mixedChains(place.local, scope.times.keys());
    const recoded = await recodeAll(scope.wishes, { session, chains }, options);
    const { victims, copies, live } = await planPacks(place, scope.times, recoded);
    await copyRecords(copies, session.packs, options);
    const written = await session.finish();
    const removed = victims.size === 0 ? [] : await retirePacks(place, { victims, live });
    const sizes = [...recoded.values()];
    return {
      recoded: recoded.size,
      bytesBefore: sizes.reduce((total, { before }) => total + before, 0),
      bytesAfter: sizes.reduce((total, { after }) => total + after, 0),
      written,
      removed,
    };
  } catch (error) {
    await session.packs.abort();
    throw error;
  }
}

/** Bytes of a pack; none of one that another process has removed, since what replaces it was there before. */
async function sizeOf(pack: OpenPack | undefined): Promise<number> {
  return pack ? (await pack.file.stat()).size : 0;
}

interface PackPlan {
  readonly victims: PackTimes;
  readonly copies: readonly LocatedRecord[];
  readonly live: ReadonlySet<Digest>;
}

/** The packs that hold a record which was coded anew, or are small: what else they hold is copied. */
async function planPacks(
  { local }: CollectionPlace,
  times: PackTimes,
  recoded: ReadonlyMap<Digest, Recoded>,
): Promise<PackPlan> {
  const lookup = local.lookup();
  const victims = new Map<PackId, bigint>();
  const small: PackId[] = [];
  const live = new Set<Digest>();
  const fixed = new Set<PackId>();
  for (const id of times.keys()) {
    const pack = await openIfThere(local, id);
    if (!pack) continue;
    for (const { digest } of entriesOf(pack)) {
      live.add(digest);
      if (recoded.has(digest)) victims.set(id, times.get(id) ?? 0n);
      else if (!isCopyable((await lookup(digest)) ?? { digest, length: 0, segments: [] })) fixed.add(id);
    }
    if ((await sizeOf(pack)) < SMALL_BYTES) small.push(id);
  }
  if (small.length > 1) for (const id of small) victims.set(id, times.get(id) ?? 0n);
  for (const id of fixed) victims.delete(id);
  const copies = new Map<Digest, LocatedRecord>();
  for (const id of victims.keys()) {
    const pack = await openIfThere(local, id);
    for (const { digest } of pack ? entriesOf(pack) : []) {
      const record = recoded.has(digest) ? undefined : await lookup(digest);
      if (record?.segments.some(({ pack }) => victims.has(pack.id))) copies.set(digest, record);
    }
  }
  return { victims, copies: [...copies.values()], live };
}
