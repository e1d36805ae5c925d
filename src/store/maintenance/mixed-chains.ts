import type { Digest, PackId } from '../../base/ids.ts';
import { isAffordable } from '../extents/chain.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import { referencesOf } from '../extents/references.ts';
import { CHAIN_LIMITS } from '../packs/limits.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import { entriesOf, openIfThere } from './pack-references.ts';

/**
 * The chains there can be while extents have records of two ages: from when new packs appear until the old ones are gone, or for as long
 * as a crash in between leaves both. A reader may take either record of each extent.
 */
export interface MixedChains {
  /** What the records of an extent refer to, of all of them. */
  below(digest: Digest): ReadonlySet<Digest>;
  /**
   * Whether a record of `digest` may refer to `base`, an extent of the same length: no chain through it is deeper, or of more work, than the
   * format allows, whichever records it takes.
   */
  allows(digest: Digest, base: Digest, length: number): boolean;
  /** Such a record will be written. */
  add(digest: Digest, base: Digest, length: number): void;
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
  const ids = [...packs];
  for await (const entry of entriesIn(local, ids))
    for (const base of referencesOf(entry)) {
      addEdge(below, entry.digest, base);
      addEdge(above, base, entry.digest);
    }
  const lengths = new Map<Digest, number>(); // Of most extents nobody asks: they refer to none, and none to them.
  for await (const { digest, length } of entriesIn(local, ids))
    if (below.has(digest) || above.has(digest)) lengths.set(digest, length);
  const works = workBelow(below, lengths);
  return {
    below: digest => below.get(digest) ?? NONE,
    allows: (digest, base, length) => {
      if (longest(above, digest) + 1 + longest(below, base) > CHAIN_LIMITS.depth) return false;
      if (below.get(digest)?.has(base)) return true;
      const added = addedWork(above, digest, works.of(base, length));
      return [...added].every(([at, more]) => {
        const own = at === digest ? length : (lengths.get(at) ?? 0);
        return isAffordable(own, { depth: 0, work: works.of(at, own) + more });
      });
    },
    add: (digest, base, length) => {
      const more = below.get(digest)?.has(base) ? 0 : works.of(base, length);
      addEdge(below, digest, base);
      for (const end of [digest, base]) lengths.set(end, length);
      for (const [at, added] of addedWork(above, digest, more)) works.add(at, added);
    },
  };
}

async function* entriesIn(local: LocalPacks, packs: readonly PackId[]): AsyncGenerator<PackEntry> {
  for (const id of packs) {
    const pack = await openIfThere(local, id);
    if (pack) yield* entriesOf(pack);
  }
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

interface Works {
  /** The work of an extent at most, whichever records a reader takes: all that any of them refers to counts. */
  of(digest: Digest, length: number): number;
  add(digest: Digest, more: number): void;
}

function workBelow(below: Edges, lengths: ReadonlyMap<Digest, number>): Works {
  const known = new Map<Digest, number>();
  const workOf = (digest: Digest, length: number): number => {
    const references = below.get(digest);
    if (!references) return length;
    const seen = known.get(digest);
    if (seen !== undefined) return seen;
    known.set(digest, Number.POSITIVE_INFINITY); // Only a circle asks again before it is known.
    let work = length;
    for (const reference of references) work += workOf(reference, lengths.get(reference) ?? 0);
    known.set(digest, work);
    return work;
  };
  return {
    of: workOf,
    add: (digest, more) => {
      const work = known.get(digest);
      if (work !== undefined) known.set(digest, work + more); // Else it is found when it is asked for.
    },
  };
}

/** What is added to the work of an extent and of those above it, once for each path to it, where its own grows by `more`. */
function addedWork(above: Edges, from: Digest, more: number): ReadonlyMap<Digest, number> {
  const added = new Map<Digest, number>();
  let level = new Map([[from, more]]);
  for (let depth = 0; depth <= CHAIN_LIMITS.depth && level.size > 0; depth++) {
    const next = new Map<Digest, number>();
    for (const [digest, work] of level) {
      added.set(digest, (added.get(digest) ?? 0) + work);
      for (const user of above.get(digest) ?? NONE) next.set(user, (next.get(user) ?? 0) + work);
    }
    level = next;
  }
  return added;
}
