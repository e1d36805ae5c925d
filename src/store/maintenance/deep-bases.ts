import { isMgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { chainCosts } from '../extents/chain.ts';
import type { PackLookup } from '../extents/local-packs.ts';
import { dependenciesOf } from '../extents/references.ts';

/**
 * What to flatten so that these extents can be read: of the records below those whose chains are beyond the bounds, the first that can be
 * read and need others themselves. None where that would not help. Extents that are not there are passed over.
 */
export async function deepBases(digests: Iterable<Digest>, lookup: PackLookup): Promise<ReadonlySet<Digest>> {
  const costOf = chainCosts(lookup);
  const found = new Set<Digest>();
  const seen = new Set<Digest>();
  /** Undefined beyond the bounds. */
  const depthOf = async (digest: Digest): Promise<number | undefined> => {
    try {
      return (await costOf(digest)).depth;
    } catch (error) {
      if (isMgitError(error, 'RECORD_TOO_DEEP')) return undefined;
      if (isMgitError(error, 'EXTENT_MISSING')) return 0;
      throw error;
    }
  };
  const lookBelow = async (digest: Digest): Promise<void> => {
    if (seen.has(digest)) return;
    seen.add(digest);
    const depth = await depthOf(digest);
    if (depth === undefined) {
      const record = await lookup(digest);
      for (const below of record ? dependenciesOf(record) : []) await lookBelow(below);
    } else if (depth > 0) found.add(digest);
  };
  for (const digest of digests) if ((await depthOf(digest)) === undefined) await lookBelow(digest);
  return found;
}
