import { matchSpellings } from '../../formats/names/match-spellings.ts';
import type { Rename } from '../../formats/names/rename-rule.ts';
import { renameTensors } from '../../store/manifest/rename-tensors.ts';
import { unmatchedNames } from '../../store/manifest/unmatched-names.ts';
import type { ModelVersion } from './model-version.ts';

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
  const { removed, added } = unmatchedNames(before.manifest, after.manifest);
  const renames = matchSpellings(added, removed, spelling);
  if (renames.size === 0) return { before, renamed: [] };
  const manifest = renameTensors(before.manifest, renames);
  const renamed = [...renames].map(([old, now]) => ({ before: old, after: now }));
  return { before: { ...before, manifest }, renamed };
}
