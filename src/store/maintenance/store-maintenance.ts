import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { StoreProblem, TensorStore } from '../tensor-store.ts';
import type { Collection } from './collect.ts';
import type { Eviction } from './evict.ts';
import type { Exported, ExportScope } from './export-records.ts';
import type { ForeignPack } from './foreign-pack.ts';
import type { PackTimes } from './pack-times.ts';
import type { CollectionScope } from './plan-collection.ts';
import type { Purged, PurgePlan } from './purge.ts';
import type { Repacked, RepackScope } from './repack.ts';

/** What keeps a store small and whole. Nothing here knows of commits: the caller says what is reachable. */
export interface StoreMaintenance {
  /** The times of all packs. Take them before looking for what is reachable: what is relied on later then counts. */
  packTimes(): Promise<PackTimes>;
  /** Removes what nothing reachable needs. Errors: `STORE_LOCKED`, `STORE_CHANGED`, `PACK_CORRUPT`, `RECORD_UNSUPPORTED`. */
  collect(
    scope: CollectionScope & { readonly dryRun?: boolean },
    options?: LongOperation,
  ): Promise<Collection>;
  /** Removes packs that can be had again from elsewhere. Errors: `STORE_LOCKED`, `STORE_CHANGED`. */
  evict(eviction: Eviction): Promise<readonly PackId[]>;
  /** The extents of which packs hold records, or parts of them. */
  extentsIn(packs: Iterable<PackId>): Promise<ReadonlySet<Digest>>;
  /** Codes records anew where that is smaller, and puts small packs together. Errors: as `collect`, and those of reading. */
  repack(scope: RepackScope, options?: LongOperation): Promise<Repacked>;
  /** What is wrong with the frames of packs: head, foot, index, order. Contents are checked by `TensorStore.verify`. */
  checkStructure(options?: LongOperation): AsyncIterable<StoreProblem & { readonly pack: PackId }>;
  /** Copies what can be read out of damaged packs, which this store must be {@link without}; returns the new packs. */
  salvage(packs: Iterable<PackId>, options?: LongOperation): Promise<readonly PackId[]>;
  /**
   * Writes records of stored extents into packs of another directory, each coded against nothing but the base it names. Errors: those of
   * reading.
   */
  exportRecords(scope: ExportScope, options?: LongOperation): Promise<Exported>;
  /** Stores extents once more, so that they need no others. Errors: those of reading. */
  flatten(digests: Iterable<Digest>, options?: LongOperation): Promise<readonly PackId[]>;
  /**
   * Flattens what these extents stand on where their chains are beyond the bounds: records that were written elsewhere on a short chain may
   * stand on a long one here. Returns the new packs. Errors: those of reading.
   */
  shorten(digests: Iterable<Digest>, options?: LongOperation): Promise<readonly PackId[]>;
  /** What {@link StoreMaintenance.purge} would do. */
  planPurge(digests: ReadonlySet<Digest>): Promise<PurgePlan>;
  /**
   * Takes extents out of every pack; what is computed from them is stored once more before. Errors: `STORE_LOCKED`, `STORE_CHANGED`,
   * those of reading.
   */
  purge(digests: ReadonlySet<Digest>, options?: LongOperation): Promise<Purged>;
  /**
   * Decodes and hashes every record of a pack file (absolute path) that is not in the store yet, with what the store has below it.
   * Errors: `PACK_CORRUPT`, `EXTENT_CORRUPT`.
   */
  checkForeign(path: string, options?: LongOperation): Promise<ForeignPack>;
  /** Moves damaged packs to `quarantine/`. Errors: `STORE_LOCKED`. */
  quarantine(packs: readonly PackId[]): Promise<void>;
  /** The same store, as if some packs were not there. Close it. */
  without(packs: ReadonlySet<PackId>): TensorStore;
  /** Removes unfinished files that nobody has written to for a day. */
  removeUnfinished(): Promise<void>;
}
