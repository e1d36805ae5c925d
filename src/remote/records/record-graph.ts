import type { Digest } from '../../base/ids.ts';
import { CHAIN_LIMITS } from '../../store/packs/limits.ts';
import type { ExtentInfo } from '../../store/packs/records.ts';
import { RECORD_KINDS } from '../../store/packs/records.ts';
import type { LocalSide } from '../local-side.ts';
import type { Catalogue } from './catalogue.ts';
import type { RemoteRecord } from './remote-record.ts';

/** A way to obtain an extent: a record of the remote, or with `remote` undefined the one that is here. */
export interface Way {
  readonly digest: Digest;
  readonly length: number;
  readonly kind: number;
  readonly remote: RemoteRecord | undefined;
  readonly references: readonly Digest[];
}

/** All ways to obtain extents and what they depend on; none for those that nobody holds. */
export type RecordGraph = ReadonlyMap<Digest, readonly Way[]>;

/**
 * Reads the records, here and on the remote, of extents and of all that these could be computed from. An extent that can be read already
 * has no other way; of one whose record is here but lacks what it is computed from, only those remain that reading will prefer.
 */
export async function recordGraph(
  digests: Iterable<Digest>,
  { store }: Pick<LocalSide, 'store'>,
  remote: Catalogue,
): Promise<RecordGraph> {
  const graph = new Map<Digest, readonly Way[]>();
  let level = [...new Set(digests)];
  for (let depth = 0; level.length > 0 && depth <= CHAIN_LIMITS.depth; depth++) {
    const here = new Map<Digest, Way>();
    const elsewhere: Digest[] = [];
    for (const digest of level) {
      const info = await store.describe(digest);
      if (info) here.set(digest, localWay(info));
      if (!info || (await store.missing([digest])).length > 0) elsewhere.push(digest);
    }
    const found = elsewhere.length === 0 ? new Map() : await remote.find(elsewhere);
    for (const digest of level) graph.set(digest, waysOf(here.get(digest), found.get(digest) ?? []));
    const next = new Set(level.flatMap(digest => (graph.get(digest) ?? []).flatMap(way => way.references)));
    level = [...next].filter(digest => !graph.has(digest));
  }
  return graph;
}

function localWay(info: ExtentInfo): Way {
  const { digest, length, dependsOn } = info;
  return { digest, length, kind: RECORD_KINDS[info.kind], remote: undefined, references: dependsOn };
}

function waysOf(here: Way | undefined, records: readonly RemoteRecord[]): readonly Way[] {
  const usable = records.filter(({ kind }) => !here || kind < here.kind);
  return [...(here ? [here] : []), ...usable.map(remote => ({ ...remote, remote }))];
}
