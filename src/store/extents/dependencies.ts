import { digestSet } from '../../base/digest-set.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { extentMissing } from './chain.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { PackLookup } from './local-packs.ts';
import type { LocatedRecord } from './locate.ts';
import { dependenciesOf } from './references.ts';

/**
 * The records of extents and of what they depend on, each once; `undefined` for those that are not there. Extents for which `except` is
 * true are passed over.
 */
export async function* withDependencies(
  digests: Iterable<Digest>,
  lookup: PackLookup,
  except: (digest: Digest) => boolean = () => false,
): AsyncGenerator<{ readonly digest: Digest; readonly record: LocatedRecord | undefined }> {
  const seen = digestSet([EMPTY_DIGEST]);
  for (const root of digests) {
    const waiting = [root];
    for (let digest = waiting.pop(); digest !== undefined; digest = waiting.pop()) {
      if (except(digest) || !seen.add(digest)) continue;
      const record = await lookup(digest);
      yield { digest, record };
      if (record) waiting.push(...dependenciesOf(record));
    }
  }
}

/** The packs that hold these extents and what they depend on, sorted, but for what `except` passes over. Errors: `EXTENT_MISSING`. */
export async function packsFor(
  digests: Iterable<Digest>,
  lookup: PackLookup,
  except?: (digest: Digest) => boolean,
): Promise<readonly PackId[]> {
  const packs = new Set<PackId>();
  for await (const { digest, record } of withDependencies(digests, lookup, except)) {
    if (!record) throw extentMissing(digest);
    for (const segment of record.segments) packs.add(segment.pack.id);
  }
  return [...packs].sort();
}

/** Of these extents and what they depend on, those that are not there, but for what `except` passes over. */
export async function missingExtents(
  digests: Iterable<Digest>,
  lookup: PackLookup,
  except?: (digest: Digest) => boolean,
): Promise<readonly Digest[]> {
  const missing: Digest[] = [];
  for await (const { digest, record } of withDependencies(digests, lookup, except))
    if (!record) missing.push(digest);
  return missing;
}
