import { join } from 'node:path';
import type { Digest } from '../../base/ids.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import type { ReadContext } from '../extents/read-extent.ts';
import type { WriteSession } from '../extents/session.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';
import type { PackWriter } from '../packs/pack-writer.ts';
import { removeStale } from '../unfinished/remove-stale.ts';
import { checkStructure } from './check-structure.ts';
import { type CollectionPlace, collect } from './collect.ts';
import { deepBases } from './deep-bases.ts';
import { evict } from './evict.ts';
import { bytesOf, exportRecords } from './export-records.ts';
import { flatten } from './flatten.ts';
import { checkForeignPack } from './foreign-pack.ts';
import { entriesOf } from './pack-references.ts';
import { readPackTimes } from './pack-times.ts';
import { planPurge, purge } from './purge.ts';
import { quarantine } from './quarantine.ts';
import { repack } from './repack.ts';
import { salvage } from './salvage.ts';
import type { StoreMaintenance } from './store-maintenance.ts';

/** What maintenance uses of the store that it belongs to. */
interface MaintainedStore {
  readonly read: (signal: AbortSignal | undefined) => ReadContext;
  readonly session: (bytes: number, packs?: PackWriter) => WriteSession;
  /** Begins packs in another directory (absolute). */
  readonly writerInto: (directory: string) => PackWriter;
  readonly without: StoreMaintenance['without'];
}

/** The maintenance of an open store. */
export function storeMaintenance(
  place: CollectionPlace,
  { read, session, writerInto, without }: MaintainedStore,
): StoreMaintenance {
  const { fs, clock, local } = place;
  return {
    packTimes: () => readPackTimes(fs, local),
    collect: (scope, options = {}) => collect(place, scope, options),
    evict: eviction => evict(place, eviction),
    extentsIn: async packs => {
      const digests = new Set<Digest>();
      for (const id of packs) for (const { digest } of entriesOf(await local.open(id))) digests.add(digest);
      return digests;
    },
    repack: (scope, options = {}) => repack(place, scope, { ...options, session }),
    checkStructure: (options = {}) => checkStructure(place, options),
    salvage: (packs, options = {}) => salvage(place, { packs, read: read(options.signal) }, options),
    exportRecords: (scope, options = {}) =>
      exportRecords(scope, session(bytesOf(scope.extents), writerInto(scope.directory)), options),
    flatten: async (digests, options = {}) => {
      const wanted = [...digests];
      return flatten(wanted, session(await lengthOf(wanted, local)), options);
    },
    shorten: async (digests, options = {}) => {
      const bases = await deepBases(digests, local.lookup());
      return bases.size === 0 ? [] : flatten(bases, session(0), options);
    },
    planPurge: digests => planPurge(local, digests),
    purge: (digests, options = {}) =>
      purge(place, digests, { ...options, flatten: found => flatten(found, session(0), options) }),
    checkForeign: (path, options = {}) => checkForeignPack(path, { fs, read: read(options.signal) }, options),
    quarantine: packs => quarantine(place, packs),
    without,
    removeUnfinished: async () => {
      const temporary = join(place.directory, 'tmp');
      await makeDurableDirectory(fs, temporary);
      await removeStale(fs, temporary, clock.now());
    },
  };
}

/** Bytes of extents, as far as they are here. */
async function lengthOf(digests: readonly Digest[], local: LocalPacks): Promise<number> {
  const lookup = local.lookup();
  let bytes = 0;
  for (const digest of digests) bytes += (await lookup(digest))?.length ?? 0;
  return bytes;
}
