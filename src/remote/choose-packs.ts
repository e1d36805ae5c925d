import type { Digest } from '../base/ids.ts';
import type { PackEntry, PackIndex } from '../store/packs/pack-index.ts';
import type { PackPointer } from './pointer.ts';

/** A pack of the remote with its index. */
export interface IndexedPack {
  readonly pointer: PackPointer;
  readonly index: PackIndex;
}

/**
 * The packs to get so that these extents can be had, as few bytes as a greedy choice finds: a pack that is chosen already, else the
 * smallest that holds the whole extent, else all that hold a part. Extents that no pack holds are left out.
 */
export function choosePacks(
  digests: readonly Digest[],
  packs: readonly IndexedPack[],
): readonly PackPointer[] {
  const bySize = [...packs].sort((left, right) => left.pointer.size - right.pointer.size);
  const chosen = new Set<IndexedPack>();
  for (const digest of digests) {
    const holders = bySize.flatMap(pack => {
      const entry = pack.index.find(digest);
      return entry ? [{ pack, entry }] : [];
    });
    const whole = holders.filter(({ entry }) => isWhole(entry));
    const best = whole.find(({ pack }) => chosen.has(pack)) ?? whole[0];
    for (const { pack } of best ? [best] : holders) chosen.add(pack);
  }
  return [...chosen].map(pack => pack.pointer);
}

function isWhole(entry: PackEntry): boolean {
  return entry.segmentStart === 0 && entry.segmentSpan === entry.length;
}
