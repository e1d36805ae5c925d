import type { Digest } from '../../base/ids.ts';
import { planExtents } from '../../store/extents/plan-extents.ts';
import type { ExportedExtent } from '../../store/maintenance/export-records.ts';
import type { Manifest, ManifestExtent } from '../../store/manifest/manifest.ts';
import { differingPairs } from '../../store/manifest/pair-tensors.ts';
import type { PatchChange, PatchModel } from '../../store/patches/patch-header.ts';
import { listModels, readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';

/** The models of the base that a patch is made on, by path. */
export type BaseModels = ReadonlyMap<string, Manifest>;

/** Reads the models of a commit. */
export async function baseModels(
  repository: Repository,
  base: Parameters<typeof listModels>[1],
): Promise<BaseModels> {
  const models = new Map<string, Manifest>();
  for await (const { path, manifest } of listModels(repository, base)) models.set(path, manifest);
  return models;
}

/** The extents that the changes bring and the base does not have, each once, each with the base's tensor of the same name. */
export async function newExtents(
  repository: Repository,
  changes: readonly PatchChange[],
  base: BaseModels,
): Promise<readonly ExportedExtent[]> {
  const known = new Set<Digest>();
  for (const { extents } of base.values()) for (const { digest } of extents) known.add(digest);
  const found: ExportedExtent[] = [];
  for (const { path, after } of changes) {
    const manifest = after ? await readManifestBlob(repository, after) : undefined;
    if (!manifest) continue;
    for (const { position, dtype, base: against } of planExtents(manifest, baseFor(path, manifest, base))) {
      const { digest, length } = manifest.extents.at(position) as ManifestExtent;
      if (length === 0 || known.has(digest)) continue;
      known.add(digest);
      found.push({ digest, length, dtype, base: against });
    }
  }
  return found;
}

/** What the changes do to models, from the base to the end. */
export async function changedModels(
  repository: Repository,
  changes: readonly PatchChange[],
  base: BaseModels,
): Promise<readonly PatchModel[]> {
  const models: PatchModel[] = [];
  for (const { path, after } of changes) {
    const manifest = after ? await readManifestBlob(repository, after) : undefined;
    if (!manifest) continue;
    const changedTensors = countChanged(base.get(path), manifest);
    models.push({ path, size: manifest.size, changedTensors, errors: [] });
  }
  return models;
}

/** Tensors with other bytes than the earlier one of their name. */
function countChanged(before: Manifest | undefined, after: Manifest): number {
  let changed = 0;
  for (const pair of differingPairs(before, after))
    if (pair.after && pair.before?.extent.digest !== pair.after.extent.digest) changed++;
  return changed;
}

/** The earlier version of a model; of one that is new, the first model of the base that has a tensor of the same name. */
function baseFor(path: string, { positionOf }: Manifest, base: BaseModels): Manifest | undefined {
  const same = base.get(path);
  if (same) return same;
  return [...base.values()].find(other => other.tensors.some(({ name }) => positionOf(name) !== undefined));
}
