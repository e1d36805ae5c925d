import type { Digest, PackId } from '../../base/ids.ts';
import { withDependencies } from '../extents/dependencies.ts';
import type { PackLookup } from '../extents/local-packs.ts';
import type { LocatedRecord } from '../extents/locate.ts';

/** The records that something needs, and the packs that they are read from. */
export interface LiveRecords {
  /** Adds extents and what they depend on. Returns whether any was new. */
  add(digests: Iterable<Digest>): Promise<boolean>;
  /** All that were found, each once. */
  readonly records: ReadonlyMap<Digest, LocatedRecord>;
  /** Those that are not stored. */
  readonly missing: ReadonlySet<Digest>;
  /** The extents that are read from a pack. */
  inPack(id: PackId): ReadonlySet<Digest>;
}

const NONE: ReadonlySet<Digest> = new Set();

/** Begins with nothing. */
export function liveRecords(lookup: PackLookup): LiveRecords {
  const records = new Map<Digest, LocatedRecord>();
  const missing = new Set<Digest>();
  const byPack = new Map<PackId, Set<Digest>>();
  const note = (digest: Digest, record: LocatedRecord): void => {
    records.set(digest, record);
    for (const { pack } of record.segments) {
      const digests = byPack.get(pack.id) ?? new Set();
      byPack.set(pack.id, digests.add(digest));
    }
  };
  return {
    records,
    missing,
    inPack: id => byPack.get(id) ?? NONE,
    add: async digests => {
      const fresh = [...digests].filter(digest => !records.has(digest) && !missing.has(digest));
      let isGrown = false;
      for await (const { digest, record } of withDependencies(fresh, lookup)) {
        if (!record) missing.add(digest);
        else if (!records.has(digest)) {
          isGrown = true;
          note(digest, record);
        }
      }
      return isGrown;
    },
  };
}
