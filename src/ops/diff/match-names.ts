import { matchSpellings } from '../../formats/names/match-spellings.ts';
import type { Rename } from '../../formats/names/rename-rule.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import { renameTensors } from '../../store/manifest/rename-tensors.ts';
import { manifestText } from '../../store/manifest/write-manifest.ts';
import type { ModelVersion } from './model-version.ts';
import { pairModels } from './pair-models.ts';

/** A tensor that two versions spell differently. */
export interface RenamedTensor {
  readonly before: string;
  readonly after: string;
}

/** The older version with its tensors under the names of the newer one, where they differ in nothing but their spelling. */
export interface MatchedVersions {
  readonly before: ModelVersion | undefined;
  /** In the order of the new names' first appearance. */
  readonly renamed: readonly RenamedTensor[];
}

/** Finds the tensors that only their names keep apart. Reads no more than where the versions differ. */
export function matchNames(
  before: ModelVersion | undefined,
  after: ModelVersion | undefined,
  spelling: Rename,
): MatchedVersions {
  if (!before || !after) return { before, renamed: [] };
  const [removed, added]: [string[], string[]] = [[], []];
  for (const pair of pairModels(before.text, after.text).pairs) {
    if (pair.same) continue;
    if (!pair.after) removed.push(pair.name);
    if (!pair.before) added.push(pair.name);
  }
  const renames = matchSpellings(added, removed, spelling);
  if (renames.size === 0) return { before, renamed: [] };
  const text = manifestText(renameTensors(parseManifest(before.text), renames));
  const renamed = [...renames].map(([old, now]) => ({ before: old, after: now }));
  return { before: { ...before, text }, renamed };
}
