import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { costAbove, isAffordable } from '../../store/extents/chain.ts';
import { EMPTY_DIGEST } from '../../store/extents/empty-extent.ts';
import { CHAIN_LIMITS } from '../../store/packs/limits.ts';
import type { RecordGraph, Way } from './record-graph.ts';
import type { RemoteRecord } from './remote-record.ts';

/** What to fetch. */
export interface ChosenRecords {
  /** Each after those that it depends on. */
  readonly records: readonly RemoteRecord[];
  /** Extents that cannot be obtained. */
  readonly unavailable: readonly Digest[];
}

/** How an extent is obtained: a way for it and for everything below it. */
interface Solution {
  readonly way: Way;
  readonly below: readonly Solution[];
  readonly depth: number;
  readonly work: number;
}

/** Looks at one extent's ways; more is a graph that somebody made to keep us busy. */
const MOST_STEPS = 100_000;

/**
 * The records to fetch so that the wanted extents can be read, by the fewest bytes: for each extent its plain bytes are held against a
 * record that is computed together with everything this is computed from. What is wanted anyway, chosen before, or here costs nothing.
 * Chains beyond the bounds of `docs/format.md` are no choice. Errors: `RECORD_TOO_DEEP`.
 */
export function chooseRecords(wanted: Iterable<Digest>, graph: RecordGraph): ChosenRecords {
  const digests = [...new Set(wanted)].filter(digest => digest !== EMPTY_DIGEST);
  const free = new Set<Digest>(digests);
  const solve = solver(graph, free);
  const chosen = new Map<Digest, Way>();
  const unavailable: Digest[] = [];
  for (const digest of digests) {
    const solution = solve(digest);
    if (!solution) unavailable.push(digest);
    for (const way of solution ? waysIn(solution) : []) {
      // Of two choices for one extent the first stays: all that it needs was chosen with it.
      if (!chosen.has(way.digest)) chosen.set(way.digest, way);
      free.add(way.digest);
    }
  }
  return { records: [...chosen.values()].flatMap(({ remote }) => remote ?? []), unavailable };
}

function solver(graph: RecordGraph, free: ReadonlySet<Digest>): (digest: Digest) => Solution | undefined {
  const known = new Map<Digest, Solution>();
  let steps = 0;
  const bytesOf = (solution: Solution): number => {
    const seen = new Set<Digest>();
    let bytes = solution.way.remote?.storedLength ?? 0;
    for (const { digest, remote } of waysIn(solution))
      if (digest !== solution.way.digest && !seen.has(digest) && !free.has(digest)) {
        seen.add(digest);
        bytes += remote?.storedLength ?? 0;
      }
    return bytes;
  };
  const solveWay = (way: Way, path: readonly Digest[]): Solution | undefined => {
    const below: Solution[] = [];
    for (const reference of way.references) {
      if (reference === EMPTY_DIGEST) continue;
      const solution = visit(reference, [...path, way.digest]);
      if (!solution) return undefined;
      below.push(solution);
    }
    const cost = costAbove(way.length, below);
    return isAffordable(way.length, cost) ? { way, below, ...cost } : undefined;
  };
  const visit = (digest: Digest, path: readonly Digest[]): Solution | undefined => {
    const before = known.get(digest);
    if (before) return isFreeOf(before, path) ? before : undefined;
    if (path.includes(digest) || path.length > CHAIN_LIMITS.depth) return undefined;
    if (++steps > MOST_STEPS) throw tooDeep(digest);
    let best: Solution | undefined;
    for (const way of graph.get(digest) ?? []) {
      const solution = solveWay(way, path);
      if (solution && (!best || bytesOf(solution) < bytesOf(best))) best = solution;
    }
    if (best) known.set(digest, best);
    return best;
  };
  return digest => {
    steps = 0;
    return visit(digest, []);
  };
}

/** An extent must not be computed from itself. */
function isFreeOf(solution: Solution, path: readonly Digest[]): boolean {
  return path.length === 0 || waysIn(solution).every(({ digest }) => !path.includes(digest));
}

/** The ways of a solution, each extent once, after those that it depends on. */
function waysIn(solution: Solution): readonly Way[] {
  const ways = new Map<Digest, Way>();
  const add = ({ way, below }: Solution): void => {
    if (ways.has(way.digest)) return;
    for (const other of below) add(other);
    ways.set(way.digest, way);
  };
  add(solution);
  return [...ways.values()];
}

function tooDeep(digest: Digest): MgitError {
  return new MgitError('RECORD_TOO_DEEP', `the data ${digest.slice(0, 12)} needs too many other records`, {
    hint: 'Fetch from a remote that holds it plainly.',
    details: { digest },
  });
}
