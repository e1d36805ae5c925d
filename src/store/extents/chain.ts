import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { CHAIN_LIMITS } from '../packs/limits.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { PackLookup } from './local-packs.ts';
import { dependenciesOf } from './references.ts';

/** What it takes to obtain an extent: records on the longest path below it, and bytes of all extents on the way. */
export interface ChainCost {
  readonly depth: number;
  readonly work: number;
}

/** What an extent would cost that is computed from these. */
export function costAbove(length: number, below: readonly ChainCost[]): ChainCost {
  return {
    depth: below.length === 0 ? 0 : 1 + Math.max(...below.map(cost => cost.depth)),
    work: length + below.reduce((total, cost) => total + cost.work, 0),
  };
}

/** Whether a chain stays within the bounds of `docs/format.md`. */
export function isAffordable(length: number, cost: ChainCost): boolean {
  return (
    cost.depth <= CHAIN_LIMITS.depth &&
    cost.work <= CHAIN_LIMITS.work * Math.max(length, CHAIN_LIMITS.freeBytes)
  );
}

/** The cost of a stored extent. Errors: `RECORD_TOO_DEEP` beyond the bounds and for circles, `EXTENT_MISSING`. */
export function chainCost(digest: Digest, lookup: PackLookup): Promise<ChainCost> {
  return chainCosts(lookup)(digest);
}

/** {@link chainCost} of many extents, each record looked at once. */
export function chainCosts(lookup: PackLookup): (digest: Digest) => Promise<ChainCost> {
  const known = new Map<Digest, ChainCost>();
  const visit = async (at: Digest, depth: number, asked: Digest): Promise<ChainCost> => {
    const seen = known.get(at);
    if (seen) return seen;
    if (depth > CHAIN_LIMITS.depth) throw tooDeep(asked);
    const { length, references } = await recordAt(at, lookup);
    const below: ChainCost[] = [];
    for (const reference of references) below.push(await visit(reference, depth + 1, asked));
    const cost = costAbove(length, below);
    known.set(at, cost);
    return cost;
  };
  return async digest => {
    const cost = await visit(digest, 0, digest);
    const { length } = await recordAt(digest, lookup);
    if (!isAffordable(length, cost)) throw tooDeep(digest);
    return cost;
  };
}

/** The error of an extent that is not there. */
export function extentMissing(digest: Digest): MgitError {
  return new MgitError('EXTENT_MISSING', `the data ${digest.slice(0, 12)} is not in the store`, {
    hint: 'Fetch it with "mgit fetch", or from whoever has it.',
    details: { digest },
  });
}

async function recordAt(
  digest: Digest,
  lookup: PackLookup,
): Promise<{ readonly length: number; readonly references: readonly Digest[] }> {
  if (digest === EMPTY_DIGEST) return { length: 0, references: [] };
  const record = await lookup(digest);
  if (!record) throw extentMissing(digest);
  return { length: record.length, references: dependenciesOf(record) };
}

function tooDeep(digest: Digest): MgitError {
  return new MgitError('RECORD_TOO_DEEP', `the data ${digest.slice(0, 12)} needs too many other records`, {
    hint: 'Fetch a pack that holds it plainly.',
    details: { digest },
  });
}
