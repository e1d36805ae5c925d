import { MgitError } from '../../base/errors.ts';
import type { Digest, ObjectId } from '../../base/ids.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { differingPairs } from '../../store/manifest/pair-tensors.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import type { FileVersion, PatchChange } from '../../store/patches/patch-header.ts';
import type { Patch } from '../../store/patches/read-patch.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { isSameVersion, versionOf } from './patch-changes.ts';

/** A path whose version here is not the one that the patch was made on. */
export interface BaseDifference {
  readonly path: string;
  /** Of models: the tensors that differ. */
  readonly tensors: readonly string[];
}

/** What is different at the paths that a patch changes. */
export async function baseDifferences(
  repository: Repository,
  tree: ObjectId,
  { patch, changes }: { readonly patch: Patch; readonly changes: readonly PatchChange[] },
): Promise<readonly BaseDifference[]> {
  const here = new Map((await repository.history.listTree(tree)).map(file => [file.path, file]));
  const differences: BaseDifference[] = [];
  for (const { path, before } of changes) {
    const now = versionOf(here.get(path));
    if (isSameVersion(before, now)) continue;
    const expected = before ? manifestIn(patch, before) : undefined;
    const found = now ? await readManifestBlob(repository, now) : undefined;
    differences.push({ path, tensors: expected && found ? differentTensors(expected, found) : [] });
  }
  return differences;
}

/** The error of a patch that was made on something else. */
export function baseDiffers(differences: readonly BaseDifference[]): MgitError {
  const named = differences.slice(0, 5).map(({ path, tensors }) => {
    if (tensors.length === 0) return path;
    const more = tensors.length > 3 ? `, and ${tensors.length - 3} more` : '';
    return `${path} (${tensors.slice(0, 3).join(', ')}${more})`;
  });
  const rest =
    differences.length > named.length ? ` and ${differences.length - named.length} more files` : '';
  return new MgitError(
    'PATCH_BASE_DIFFERS',
    `the patch was made on another version of ${named.join(', ')}${rest}`,
    {
      hint: 'go to its base ("mgit patch show" names it), or merge the change with --3way',
      details: { differences },
    },
  );
}

/** The manifest that a version of a file is, from the patch itself. */
export function manifestIn({ objects }: Patch, { id }: FileVersion): Manifest | undefined {
  const bytes = objects.get(id)?.bytes;
  return bytes && looksLikeManifest(bytes) ? parseManifest(bytes) : undefined;
}

function differentTensors(expected: Manifest, found: Manifest): readonly string[] {
  const names: string[] = [];
  for (const pair of differingPairs(expected, found))
    if (!isSameTensor(pair.before, pair.after)) names.push(pair.name);
  return names;
}

/** The extents that the models of a patch consist of once it is applied. */
export function extentsAfter(patch: Patch): ReadonlySet<Digest> {
  const digests = new Set<Digest>();
  for (const { changes } of patch.header.commits)
    for (const { after } of changes)
      for (const { digest } of (after ? manifestIn(patch, after) : undefined)?.extents ?? [])
        digests.add(digest);
  return digests;
}
