import { matchSpellings } from '../formats/names/match-spellings.ts';
import type { Rename } from '../formats/names/rename-rule.ts';
import type { Manifest } from '../store/manifest/manifest.ts';
import { renameTensors } from '../store/manifest/rename-tensors.ts';
import { unmatchedNames } from '../store/manifest/unmatched-names.ts';

/**
 * A manifest whose tensors have the names that `reference` gives them, where the two spell them differently; the very manifest where
 * no name is matched by its spelling.
 */
export function underNamesOf(reference: Manifest, manifest: Manifest, common: Rename): Manifest {
  const { removed, added } = unmatchedNames(manifest, reference);
  const renames = matchSpellings(added, removed, common);
  return renames.size === 0 ? manifest : renameTensors(manifest, renames);
}
