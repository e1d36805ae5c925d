import type { Digest, PackId } from '../base/ids.ts';
import { type ChainCost, costAbove, isAffordable } from '../store/extents/chain.ts';
import { EMPTY_DIGEST } from '../store/extents/empty-extent.ts';
import type { TensorStore } from '../store/tensor-store.ts';
import type { Catalogue } from './records/catalogue.ts';
import { remoteCosts } from './records/remote-costs.ts';

/** What a remote has: packs that are here too, and what its packs hold. */
export interface RemoteHoldings {
  readonly published: ReadonlySet<PackId>;
  readonly packs: Catalogue;
}

type Store = Pick<TensorStore, 'describe' | 'storedIn'>;

/**
 * Of these extents and of what their local records depend on, those that a remote's packs hold, so that local copies of them (of a `gc`
 * or a `repack`, or in a partial clone) need not be sent. What a pack of the remote needs, the remote has: below such an extent nothing is
 * looked at. Where the remote's record is so deep that what is sent could not be read on top of it, the extent does not count as held.
 */
export async function heldExtents(
  store: Store,
  remote: RemoteHoldings,
  digests: Iterable<Digest>,
): Promise<ReadonlySet<Digest>> {
  const wanted = [...new Set(digests)].filter(digest => digest !== EMPTY_DIGEST);
  const tooDeep = new Set<Digest>();
  for (;;) {
    const { held, foreign } = await findHeld(store, remote, { wanted, tooDeep });
    const costs = foreign.size === 0 ? new Map() : await remoteCosts(remote.packs, foreign);
    const found = await unreadableOn(store, { wanted, held, costs });
    if (found.size === 0) return held;
    for (const digest of found) tooDeep.add(digest);
  }
}

interface Held {
  readonly held: ReadonlySet<Digest>;
  /** Of these, those whose record here is not the remote's. */
  readonly foreign: ReadonlySet<Digest>;
}

async function findHeld(
  store: Store,
  { published, packs }: RemoteHoldings,
  { wanted, tooDeep }: { readonly wanted: readonly Digest[]; readonly tooDeep: ReadonlySet<Digest> },
): Promise<Held> {
  const held = new Set<Digest>();
  const foreign = new Set<Digest>();
  const seen = new Set<Digest>(wanted);
  for (let level = wanted; level.length > 0; ) {
    const shared = await store.storedIn(published, level);
    const others = level.filter(digest => !shared.has(digest) && !tooDeep.has(digest));
    const found = others.length === 0 ? new Map() : await packs.find(others);
    const below: Digest[] = [];
    for (const digest of level)
      if (shared.has(digest)) held.add(digest);
      else if (found.get(digest)?.length) foreign.add(digest);
      else below.push(...((await store.describe(digest))?.dependsOn ?? []));
    level = [...new Set(below)].filter(digest => digest !== EMPTY_DIGEST && !seen.has(digest));
    for (const digest of level) seen.add(digest);
  }
  for (const digest of foreign) held.add(digest);
  return { held, foreign };
}

interface ToSend {
  readonly wanted: readonly Digest[];
  readonly held: ReadonlySet<Digest>;
  /** Of held extents, where their records here are others. */
  readonly costs: ReadonlyMap<Digest, ChainCost>;
}

/** The held extents below those that could not be read on top of the remote's records. */
async function unreadableOn(store: Store, { wanted, held, costs }: ToSend): Promise<ReadonlySet<Digest>> {
  const known = new Map<Digest, ChainCost>(costs);
  const under = new Map<Digest, ReadonlySet<Digest>>();
  const bad = new Set<Digest>();
  const visit = async (digest: Digest): Promise<ReadonlySet<Digest>> => {
    const before = under.get(digest);
    if (before) return before;
    if (costs.has(digest)) return new Set([digest]);
    const info = digest === EMPTY_DIGEST ? undefined : await store.describe(digest);
    const needs = new Set<Digest>();
    under.set(digest, needs); // Before the way down: records may refer in circles.
    for (const below of info?.dependsOn ?? []) for (const base of await visit(below)) needs.add(base);
    const below = (info?.dependsOn ?? []).map(other => known.get(other) ?? { depth: 0, work: 0 });
    const cost = costAbove(info?.length ?? 0, below);
    known.set(digest, cost);
    if (!isAffordable(info?.length ?? 0, cost)) for (const base of needs) bad.add(base);
    return needs;
  };
  if (costs.size > 0) for (const digest of wanted) if (!held.has(digest)) await visit(digest);
  return bad;
}
