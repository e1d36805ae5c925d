import { isMgitError } from '../../base/errors.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { PackIndex } from '../../store/packs/pack-index.ts';
import type { PackBackend } from '../backends/backend.ts';
import type { LocalSide } from '../local-side.ts';
import { remotePackIndex } from '../pack-indexes.ts';
import { inParallel } from '../parallel.ts';
import type { PackPointer } from '../pointer.ts';
import { partOf, type RemotePart, type RemoteRecord, recordsOf } from './remote-record.ts';

/** Finds what a remote's packs hold. */
export interface Catalogue {
  /** The records of extents, those that need no other extent first; extents that no pack holds are left out. */
  find(digests: Iterable<Digest>): Promise<ReadonlyMap<Digest, readonly RemoteRecord[]>>;
}

const INDEXES_AT_ONCE = 4;
/** Indexes that stay in memory between two questions, counted in records (some 100 bytes each). */
const RECORDS_HELD = 500_000;

/**
 * A catalogue of packs. Their indexes are looked through one after the other, not held all at once: there may be a thousand. What is not
 * cached on disk is fetched; packs that the remote has lost are passed over. Errors: `PACK_CORRUPT`; as `PackBackend.load`.
 */
export function catalogue(
  local: LocalSide,
  backend: PackBackend,
  pointers: readonly PackPointer[],
  signal?: AbortSignal,
): Catalogue {
  const held = new Map<PackId, PackIndex>();
  const lost = new Set<PackId>();
  let records = 0;
  const indexOf = async (pointer: PackPointer): Promise<PackIndex | undefined> => {
    const known = held.get(pointer.id);
    if (known || lost.has(pointer.id)) return known;
    try {
      const index = await remotePackIndex(local, backend, pointer, signal);
      if (records + index.entryCount <= RECORDS_HELD) held.set(pointer.id, index);
      records += held.has(pointer.id) ? index.entryCount : 0;
      return index;
    } catch (error) {
      if (!isMgitError(error, 'PACK_NOT_ON_REMOTE')) throw error;
      lost.add(pointer.id);
      return undefined;
    }
  };
  return {
    find: async digests => {
      const wanted = [...digests];
      const parts = new Map<Digest, RemotePart[]>();
      await inParallel(pointers, INDEXES_AT_ONCE, async pointer => {
        const index = await indexOf(pointer);
        for (const digest of index ? wanted : []) {
          const part = partOf(digest, pointer, index as PackIndex);
          if (part) parts.set(digest, [...(parts.get(digest) ?? []), part]);
        }
      });
      return new Map([...parts].map(([digest, found]) => [digest, recordsOf(found)]));
    },
  };
}
