import type { Digest } from '../base/ids.ts';
import type { LocalSide } from './local-side.ts';
import type { Catalogue } from './records/catalogue.ts';

/**
 * Of these extents and of what their local records depend on, those that a remote's packs hold. What a pack of the remote needs, the
 * remote has: below such an extent nothing is looked at.
 */
export async function heldExtents(
  { store }: Pick<LocalSide, 'store'>,
  remote: Catalogue,
  digests: Iterable<Digest>,
): Promise<ReadonlySet<Digest>> {
  const held = new Set<Digest>();
  let level = [...new Set(digests)];
  const seen = new Set<Digest>(level);
  while (level.length > 0) {
    const found = await remote.find(level);
    const below: Digest[] = [];
    for (const digest of level)
      if (found.get(digest)?.length) held.add(digest);
      else below.push(...((await store.describe(digest))?.dependsOn ?? []));
    level = [...new Set(below)].filter(digest => !seen.has(digest));
    for (const digest of level) seen.add(digest);
  }
  return held;
}
