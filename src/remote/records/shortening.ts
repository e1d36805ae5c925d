import type { Digest } from '../../base/ids.ts';
import type { LocalSide } from '../local-side.ts';
import { chooseRecords } from './choose-records.ts';
import type { RecordGraph } from './record-graph.ts';

/** What storing extents plainly would help. */
export interface Shortening {
  /** Extents that are here, computed from others. */
  readonly bases: ReadonlySet<Digest>;
  /** Extents that could then be obtained. */
  readonly helped: ReadonlySet<Digest>;
}

/**
 * Of extents that cannot be obtained, those that only the bounds of chains stand against: what is here ends a chain so long that the remote's
 * records on top are beyond them.
 */
export async function shortening(
  unavailable: readonly Digest[],
  graph: RecordGraph,
  local: Pick<LocalSide, 'store'>,
): Promise<Shortening> {
  const bases = await basesBelow(unavailable, graph, local);
  const flat = new Map(graph);
  for (const base of bases)
    flat.set(
      base,
      (graph.get(base) ?? []).map(way => ({ ...way, references: [] })),
    );
  const left = new Set(bases.size === 0 ? unavailable : chooseRecords(unavailable, flat).unavailable);
  const helped = new Set(unavailable.filter(digest => !left.has(digest)));
  return { helped, bases: await basesBelow(helped, graph, local) };
}

/** The first extents below these that can be read here, without those that need no others. */
async function basesBelow(
  digests: Iterable<Digest>,
  graph: RecordGraph,
  { store }: Pick<LocalSide, 'store'>,
): Promise<ReadonlySet<Digest>> {
  const bases = new Set<Digest>();
  const seen = new Set<Digest>();
  const waiting = [...digests];
  for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
    if (seen.has(digest)) continue;
    seen.add(digest);
    const ways = graph.get(digest) ?? [];
    const below = ways.flatMap(way => way.references);
    const isHere = ways.some(way => !way.remote) && (await store.missing([digest])).length === 0;
    if (!isHere) waiting.push(...below);
    else if (below.length > 0) bases.add(digest);
  }
  return bases;
}
