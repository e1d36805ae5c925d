import { matchSpellings } from '../formats/names/match-spellings.ts';
import type { Rename } from '../formats/names/rename-rule.ts';
import type { Manifest } from '../store/manifest/manifest.ts';
import { renameTensors } from '../store/manifest/rename-tensors.ts';

/**
 * A manifest whose tensors have the names that `reference` gives them, where the two spell them differently; the very manifest where
 * no name is matched by its spelling.
 */
export function underNamesOf(reference: Manifest, manifest: Manifest, common: Rename): Manifest {
  const own = new Set<string>();
  for (const { name } of manifest.tensors) own.add(name);
  const missing: string[] = [];
  for (const { name } of reference.tensors) if (!own.delete(name)) missing.push(name);
  const renames = matchSpellings(missing, [...own], common);
  return renames.size === 0 ? manifest : renameTensors(manifest, renames);
}
