import { digestSet } from '../../base/digest-set.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { oneAtATime } from '../../base/one-at-a-time.ts';
import type { PackKeeper } from '../maintenance/pack-keeper.ts';
import { storeChanged } from '../maintenance/store-changed.ts';
import type { NewRecord, PackWriter } from '../packs/pack-writer.ts';
import type { EvaluateRecipe } from '../packs/records.ts';
import type { BufferLoans } from './buffer-loans.ts';
import { type BufferPool, freshBuffers } from './buffer-pool.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { Engine } from './engine.ts';
import { keepExtents } from './keep-extents.ts';
import type { LocalPacks, PackLookup } from './local-packs.ts';
import { extentPurged, type PurgedExtents } from './purged.ts';
import type { ReadContext } from './read-extent.ts';
import type { WrittenFrames } from './written-frames.ts';

/** One writing of new records: what the store has, what was added since, and where it goes. */
export interface WriteSession {
  readonly engine: Engine;
  readonly buffers: BufferPool;
  /** For the extents that others are coded against. */
  readonly baseBuffers: BufferPool;
  /** For the inputs of recipes. */
  readonly loans: BufferLoans;
  /** Extents that may be worked on at the same time. */
  readonly lanes: number;
  readonly packs: PackWriter;
  /** Undefined where frames are too few to be worth it. */
  readonly written: WrittenFrames | undefined;
  readonly lookup: PackLookup;
  /** Runs what holds a matrix's factors: side by side they would take the memory of all. */
  readonly calculation: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Whether an extent and all it depends on are stored, and stay so until this work is named by a ref or an index. */
  keeps(digest: Digest): Promise<boolean>;
  /** True for the first who asks for an extent that is not stored: that one must record it. Errors: `EXTENT_PURGED`. */
  claim(digest: Digest): Promise<boolean>;
  /** Factors that this session stores without reference to others. */
  readonly plainFactors: Set<Digest>;
  record(record: NewRecord): void;
  /** Whether an extent of this length is stored. */
  hasLength(length: number): Promise<boolean>;
  /** For reading extents of the store. */
  readContext(signal?: AbortSignal): ReadContext;
  finish(): Promise<readonly PackId[]>;
}

/** What a session is made of. */
export interface SessionParts {
  readonly engine: Engine;
  readonly buffers: BufferPool;
  readonly baseBuffers: BufferPool;
  readonly loans: BufferLoans;
  readonly lanes: number;
  readonly local: LocalPacks;
  readonly packs: PackWriter;
  readonly written: WrittenFrames | undefined;
  readonly keeper: PackKeeper;
  readonly purged: PurgedExtents;
  readonly evaluateRecipe: EvaluateRecipe;
}

/** Begins a session. */
export function createSession({ local, evaluateRecipe, ...parts }: SessionParts): WriteSession {
  const { engine, packs, written, keeper, loans, purged } = parts;
  const lookup = local.lookup(id => !keeper.isLost(id));
  const keeps = keepExtents(local, lookup, keeper);
  const claimed = digestSet([EMPTY_DIGEST]);
  let lengths: Promise<ReadonlySet<number>> | undefined;
  let taken: Promise<ReadonlySet<Digest>> | undefined;
  const refusePurged = async (digest: Digest): Promise<void> => {
    taken ??= purged.list();
    const tombstone = (await taken).has(digest) ? await purged.find(digest) : undefined;
    if (tombstone) throw extentPurged(digest, tombstone);
  };
  return {
    ...parts,
    lookup,
    calculation: oneAtATime(),
    plainFactors: new Set(),
    keeps,
    claim: async digest => {
      if (claimed.has(digest) || (await keeps(digest))) return false;
      await refusePurged(digest);
      return claimed.add(digest);
    },
    record: record => {
      packs.record(record);
      written?.record(record);
    },
    hasLength: async length => {
      lengths ??= local.lengths();
      return (await lengths).has(length);
    },
    readContext: signal => ({
      lookup,
      engine,
      evaluateRecipe,
      signal,
      buffers: freshBuffers,
      baseBuffers: freshBuffers,
      loans,
      ahead: engine.width,
      depth: 0,
    }),
    finish: async () => {
      const ids = await packs.finish();
      // A pack of the same name as one that is being removed goes with it.
      for (const id of ids) if (!(await keeper.keep(id))) throw storeChanged();
      for (const id of ids) local.include(id); // It may replace a damaged pack that is passed over.
      if (ids.length > 0) await local.refresh();
      await written?.note(local.lookup(id => ids.includes(id)));
      return ids;
    },
  };
}
