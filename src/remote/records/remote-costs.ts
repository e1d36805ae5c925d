import type { Digest } from '../../base/ids.ts';
import { type ChainCost, costAbove } from '../../store/extents/chain.ts';
import { EMPTY_DIGEST } from '../../store/extents/empty-extent.ts';
import { CHAIN_LIMITS } from '../../store/packs/limits.ts';
import type { Catalogue } from './catalogue.ts';
import type { RemoteRecord } from './remote-record.ts';

const BEYOND: ChainCost = { depth: CHAIN_LIMITS.depth + 1, work: Number.POSITIVE_INFINITY };

/**
 * What extents cost whoever has only a remote's records, at worst: of several records for one extent it is not known which somebody has.
 * A circle, and what the packs do not hold, is beyond all bounds.
 */
export async function remoteCosts(
  packs: Catalogue,
  digests: Iterable<Digest>,
): Promise<ReadonlyMap<Digest, ChainCost>> {
  const wanted = [...new Set(digests)];
  const records = await recordsBelow(packs, wanted);
  const costs = new Map<Digest, ChainCost>([[EMPTY_DIGEST, { depth: 0, work: 0 }]]);
  const visit = (digest: Digest): ChainCost => {
    const known = costs.get(digest);
    if (known) return known;
    costs.set(digest, BEYOND); // What comes back here is a circle.
    const ways = (records.get(digest) ?? []).map(({ length, references }) =>
      costAbove(length, references.map(visit)),
    );
    const cost = ways.length === 0 ? BEYOND : worst(ways);
    costs.set(digest, cost);
    return cost;
  };
  return new Map(wanted.map(digest => [digest, visit(digest)]));
}

function worst(costs: readonly ChainCost[]): ChainCost {
  return {
    depth: Math.max(...costs.map(({ depth }) => depth)),
    work: Math.max(...costs.map(({ work }) => work)),
  };
}

async function recordsBelow(
  packs: Catalogue,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, readonly RemoteRecord[]>> {
  const records = new Map<Digest, readonly RemoteRecord[]>();
  let level = digests;
  for (let depth = 0; level.length > 0 && depth <= CHAIN_LIMITS.depth; depth++) {
    const found = await packs.find(level);
    for (const digest of level) records.set(digest, found.get(digest) ?? []);
    const next = level.flatMap(digest => (records.get(digest) ?? []).flatMap(({ references }) => references));
    level = [...new Set(next)].filter(digest => digest !== EMPTY_DIGEST && !records.has(digest));
  }
  return records;
}
