import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { type ChainCost, costAbove, extentMissing } from '../extents/chain.ts';
import { rateCoding, SHORTEST_CODED, samplePlaces } from '../extents/choose-coding.ts';
import { type Coding, layoutsFor } from '../extents/coding.ts';
import { describeRecord } from '../extents/describe.ts';
import { EMPTY_DIGEST } from '../extents/empty-extent.ts';
import type { LocatedRecord } from '../extents/locate.ts';
import { readStored } from '../extents/sample-extent.ts';
import type { WriteSession } from '../extents/session.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import type { ExtentInfo } from '../packs/records.ts';
import type { CollectionPlace } from './collect.ts';
import { copyRecords, isCopyable } from './copy-records.ts';
import { entriesOf, openIfThere } from './pack-references.ts';
import type { PackTimes } from './pack-times.ts';
import { recode } from './recode.ts';
import { retirePacks } from './retire-packs.ts';

/** An extent that may be coded better, and earlier versions of it, the best first. */
export interface RepackWish {
  readonly digest: Digest;
  readonly dtype: Dtype;
  readonly bases: readonly Digest[];
}

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

/** A new coding must save this share. */
const GAIN = 0.95;
/** Packs smaller than this are put together. */
const SMALL_BYTES = 64 * 1024 * 1024;
/** Half of what the format allows, so that what others write meanwhile on top of these records stays within its bounds. */
const DEPTH_AT_MOST = 4;
const WORK_AT_MOST = 32;

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
    const recoded = await recodeAll(scope, session, options);
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

interface Sizes {
  readonly before: number;
  readonly after: number;
}

async function recodeAll(
  { wishes }: RepackScope,
  session: WriteSession,
  { onEvent, signal }: Options,
): Promise<ReadonlyMap<Digest, Sizes>> {
  const recoded = new Map<Digest, Sizes>();
  const costs = new Map<Digest, ChainCost>([[EMPTY_DIGEST, { depth: 0, work: 0 }]]);
  const byDigest = new Map(wishes.map(wish => [wish.digest, wish]));
  /** What an extent costs when all is done. What it depends on is settled first, so that no circle can arise. */
  const settle = async (digest: Digest): Promise<ChainCost> => {
    const known = costs.get(digest);
    if (known) return known;
    signal?.throwIfAborted();
    const record = await session.lookup(digest);
    if (!record) throw extentMissing(digest);
    const info = describeRecord(record);
    const below: ChainCost[] = [];
    for (const base of info.dependsOn) below.push(await settle(base));
    const kept = costAbove(info.length, below);
    const wish = byDigest.get(digest);
    const better = wish ? await tryBetter({ info, wish, kept }, { session, costs, signal }) : undefined;
    if (better) recoded.set(digest, { before: info.storedLength, after: better.stored });
    costs.set(digest, better?.cost ?? kept);
    return better?.cost ?? kept;
  };
  for (const [done, { digest }] of wishes.entries()) {
    onEvent?.({ type: 'progress', phase: 'repack', done, total: wishes.length, unit: 'items' });
    await settle(digest);
  }
  return recoded;
}

interface Candidate {
  readonly info: ExtentInfo;
  readonly wish: RepackWish;
  readonly kept: ChainCost;
}

interface Trial {
  readonly session: WriteSession;
  readonly costs: ReadonlyMap<Digest, ChainCost>;
  readonly signal: AbortSignal | undefined;
}

/** Kinds whose bytes are computed from so little that no coding of the result is smaller. */
const COMPUTED: readonly ExtentInfo['kind'][] = ['recipe', 'lowRank', 'ia3'];

async function tryBetter(
  { info, wish, kept }: Candidate,
  { session, costs, signal }: Trial,
): Promise<{ readonly cost: ChainCost; readonly stored: number } | undefined> {
  const isTooDeep = !isModest(info.length, kept);
  if (info.length < SHORTEST_CODED || (COMPUTED.includes(info.kind) && !isTooDeep)) return undefined;
  const coding = await bestCoding({ info, wish }, { session, costs, signal });
  const isSame = coding.kind === kindNumber(info) && coding.base === info.dependsOn[0];
  if (isSame && !isTooDeep) return undefined;
  const { digest, length } = info;
  const atMost = isTooDeep ? Number.POSITIVE_INFINITY : Math.floor(info.storedLength * GAIN);
  const stored = await recode({ digest, length, coding, atMost }, session, signal);
  if (stored === undefined) return undefined;
  const base = coding.base === undefined ? undefined : costs.get(coding.base);
  return { cost: costAbove(length, base ? [base] : []), stored };
}

function kindNumber({ kind }: ExtentInfo): number {
  return { raw: 1, planes: 2, xor: 3, sparse: 4, lowRank: 5, ia3: 6, recipe: 7 }[kind];
}

function isModest(length: number, { depth, work }: ChainCost): boolean {
  return depth <= DEPTH_AT_MOST && work <= WORK_AT_MOST * Math.max(length, 1024 * 1024);
}

/** The smallest coding of a sample, alone or against a base that is settled and leaves the chain modest. */
async function bestCoding(
  { info: { digest, length }, wish }: Pick<Candidate, 'info' | 'wish'>,
  { session, costs }: Trial,
): Promise<Coding> {
  const places = samplePlaces(length);
  const partsOf = async (of: Digest): Promise<Uint8Array[]> => {
    const parts: Uint8Array[] = [];
    for (const range of places) parts.push(await readStored(of, range, session));
    return parts;
  };
  const sample = { parts: await partsOf(digest), layouts: layoutsFor(wish.dtype) };
  let best = await rateCoding({ ...sample, base: undefined }, session.engine);
  for (const base of wish.bases) {
    const cost = costs.get(base);
    if (!cost || base === digest || !isModest(length, costAbove(length, [cost]))) continue;
    if ((await session.lookup(base))?.length !== length) continue;
    const against = { digest: base, parts: await partsOf(base) };
    const rated = await rateCoding({ ...sample, base: against }, session.engine);
    if (rated.size < best.size) best = rated;
  }
  return best.coding;
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
  recoded: ReadonlyMap<Digest, Sizes>,
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
