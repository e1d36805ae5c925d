import type { LongOperation } from '../../base/events.ts';
import type { Collection } from './collect.ts';
import type { PackTimes } from './pack-times.ts';
import type { CollectionScope } from './plan-collection.ts';

/** What keeps a store small and whole. Nothing here knows of commits: the caller says what is reachable. */
export interface StoreMaintenance {
  /** The times of all packs. Take them before looking for what is reachable: what is relied on later then counts. */
  packTimes(): Promise<PackTimes>;
  /** Removes what nothing reachable needs. Errors: `STORE_LOCKED`, `STORE_CHANGED`, `PACK_CORRUPT`, `RECORD_UNSUPPORTED`. */
  collect(
    scope: CollectionScope & { readonly dryRun?: boolean },
    options?: LongOperation,
  ): Promise<Collection>;
  /** Removes unfinished files that nobody has written to for a day. */
  removeUnfinished(): Promise<void>;
}
