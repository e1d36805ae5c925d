import { digestSet } from '../../base/digest-set.ts';
import type { Digest } from '../../base/ids.ts';
import type { PackKeeper } from '../maintenance/pack-keeper.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { LocalPacks, PackLookup } from './local-packs.ts';
import { dependenciesOf } from './references.ts';

/**
 * Tells for extents, one by one, whether they and all they depend on are stored and stay so. `lookup` must pass over the packs that the
 * keeper has lost: an extent of such a pack may have a new one.
 */
export function keepExtents(
  local: LocalPacks,
  lookup: PackLookup,
  keeper: PackKeeper,
): (digest: Digest) => Promise<boolean> {
  const kept = digestSet([EMPTY_DIGEST]);
  const keeps = async (digest: Digest, above: readonly Digest[]): Promise<boolean> => {
    if (kept.has(digest)) return true;
    const record = await lookup(digest);
    if (!record || above.includes(digest)) return false;
    for (const { pack } of record.segments)
      if (!(await keeper.keep(pack.id))) {
        await local.refresh();
        return keeps(digest, above);
      }
    for (const below of dependenciesOf(record)) if (!(await keeps(below, [...above, digest]))) return false;
    kept.add(digest);
    return true;
  };
  return digest => keeps(digest, []);
}
