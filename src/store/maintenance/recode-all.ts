import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { type ChainCost, costAbove, extentMissing } from '../extents/chain.ts';
import { rateCoding, SHORTEST_CODED, samplePlaces } from '../extents/choose-coding.ts';
import { type Coding, layoutsFor } from '../extents/coding.ts';
import { describeRecord } from '../extents/describe.ts';
import { EMPTY_DIGEST } from '../extents/empty-extent.ts';
import { readStored } from '../extents/sample-extent.ts';
import type { WriteSession } from '../extents/session.ts';
import type { ExtentInfo } from '../packs/records.ts';
import type { MixedChains } from './mixed-chains.ts';
import { recode } from './recode.ts';

/** An extent that may be coded better, and earlier versions of it, the best first. */
export interface RepackWish {
  readonly digest: Digest;
  readonly dtype: Dtype;
  readonly bases: readonly Digest[];
}

/** A new coding must save this share. */
const GAIN = 0.95;
/** Half of what the format allows, so that what others write meanwhile on top of these records stays within its bounds. */
const DEPTH_AT_MOST = 4;
const WORK_AT_MOST = 32;
/** The cost of an extent that is being settled: only a circle of records of different ages leads back to it. */
const BEYOND: ChainCost = { depth: Number.POSITIVE_INFINITY, work: Number.POSITIVE_INFINITY };

/** Bytes of an extent's record. */
export interface Recoded {
  readonly before: number;
  readonly after: number;
}

/**
 * Codes extents anew, against earlier versions that are settled before, where that saves enough or their chains are too deep for what may be
 * written on top. Returns those coded. Errors: those of reading.
 */
export async function recodeAll(
  wishes: readonly RepackWish[],
  { session, chains }: Pick<Trial, 'session' | 'chains'>,
  { onEvent, signal }: LongOperation,
): Promise<ReadonlyMap<Digest, Recoded>> {
  const recoded = new Map<Digest, Recoded>();
  const costs = new Map<Digest, ChainCost>([[EMPTY_DIGEST, { depth: 0, work: 0 }]]);
  const byDigest = new Map(wishes.map(wish => [wish.digest, wish]));
  /** What an extent costs when all is done. What any record of it depends on is settled first, so that no circle can arise. */
  const settle = async (digest: Digest): Promise<ChainCost> => {
    const known = costs.get(digest);
    if (known) return known;
    signal?.throwIfAborted();
    const record = await session.lookup(digest);
    if (!record) throw extentMissing(digest);
    costs.set(digest, BEYOND);
    for (const base of chains.below(digest)) if (await session.lookup(base)) await settle(base);
    const info = describeRecord(record);
    const below: ChainCost[] = [];
    for (const base of info.dependsOn) below.push(await settle(base));
    const kept = costAbove(info.length, below);
    const wish = byDigest.get(digest);
    const better = wish
      ? await tryBetter({ info, wish, kept }, { session, chains, costs, signal })
      : undefined;
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
  readonly chains: MixedChains;
  readonly costs: ReadonlyMap<Digest, ChainCost>;
  readonly signal: AbortSignal | undefined;
}

/** Kinds whose bytes are computed from so little that no coding of the result is smaller. */
const COMPUTED: readonly ExtentInfo['kind'][] = ['recipe', 'lowRank', 'ia3'];

async function tryBetter(
  { info, wish, kept }: Candidate,
  { session, chains, costs, signal }: Trial,
): Promise<{ readonly cost: ChainCost; readonly stored: number } | undefined> {
  const isTooDeep = !isModest(info.length, kept);
  if (info.length < SHORTEST_CODED || (COMPUTED.includes(info.kind) && !isTooDeep)) return undefined;
  const coding = await bestCoding({ info, wish }, { session, chains, costs, signal });
  const isSame = coding.kind === kindNumber(info) && coding.base === info.dependsOn[0];
  if (isSame && !isTooDeep) return undefined;
  const { digest, length } = info;
  const atMost = isTooDeep ? Number.POSITIVE_INFINITY : Math.floor(info.storedLength * GAIN);
  const stored = await recode({ digest, length, coding, atMost }, session, signal);
  if (stored === undefined) return undefined;
  if (coding.base !== undefined) chains.add(digest, coding.base, length);
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
  { session, chains, costs }: Trial,
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
    if (!chains.allows(digest, base, length)) continue;
    const against = { digest: base, parts: await partsOf(base) };
    const rated = await rateCoding({ ...sample, base: against }, session.engine);
    if (rated.size < best.size) best = rated;
  }
  return best.coding;
}
