import type { Digest, PackId } from '../../base/ids.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import { referencesOf } from '../extents/references.ts';
import { CHAIN_LIMITS } from '../packs/limits.ts';
import { entriesOf, openIfThere } from './pack-references.ts';

/**
 * The chains there can be while extents have records of two ages: from when new packs appear until the old ones are gone, or for as long
 * as a crash in between leaves both. A reader may take either record of each extent.
 */
export interface MixedChains {
  /** What the records of an extent refer to, of all of them. */
  below(digest: Digest): ReadonlySet<Digest>;
  /** Whether a record of `digest` may refer to `base`: no chain through it is deeper than the format allows, whichever records it takes. */
  allows(digest: Digest, base: Digest): boolean;
  /** Such a record will be written. */
  add(digest: Digest, base: Digest): void;
}

type Edges = Map<Digest, Set<Digest>>;

/**
 * Reads what all records of these packs refer to. An extent's new record must be added before another's may refer to that extent. Errors:
 * `RECORD_UNSUPPORTED`, `RECIPE_INVALID`, `PACK_CORRUPT`.
 */
export async function mixedChains(local: LocalPacks, packs: Iterable<PackId>): Promise<MixedChains> {
  const below: Edges = new Map();
  /**
   * By old records only. Of the new references on a path, the first has none above it, and all that is below it has been settled: if what
   * is above and below each fits together, every path does.
   */
  const above: Edges = new Map();
  for (const id of packs) {
    const pack = await openIfThere(local, id);
    for (const entry of pack ? entriesOf(pack) : [])
      for (const base of referencesOf(entry)) {
        addEdge(below, entry.digest, base);
        addEdge(above, base, entry.digest);
      }
  }
  return {
    below: digest => below.get(digest) ?? NONE,
    allows: (digest, base) => longest(above, digest) + 1 + longest(below, base) <= CHAIN_LIMITS.depth,
    add: (digest, base) => addEdge(below, digest, base),
  };
}

const NONE: ReadonlySet<Digest> = new Set();

function addEdge(edges: Edges, from: Digest, to: Digest): void {
  const reached = edges.get(from);
  if (reached) reached.add(to);
  else edges.set(from, new Set([to]));
}

/** Edges on the longest path from an extent, counted up to one more than a chain may have: circles end there, too. */
function longest(edges: Edges, from: Digest): number {
  let level: ReadonlySet<Digest> = new Set([from]);
  for (let length = 0; length <= CHAIN_LIMITS.depth; length++) {
    level = new Set([...level].flatMap(digest => [...(edges.get(digest) ?? NONE)]));
    if (level.size === 0) return length;
  }
  return CHAIN_LIMITS.depth + 1;
}
