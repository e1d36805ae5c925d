import type { ObjectId } from '../../base/ids.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { ManifestTensor } from '../../store/manifest/manifest.ts';
import type { Repository } from '../repository.ts';
import type { ReadManifest } from './manifest-cache.ts';

/** A file that is in one tree and not in the one before it. */
export interface AppearedFile {
  readonly before: ObjectId;
  readonly after: ObjectId;
  /** The tensors that are looked for. */
  readonly tensors: readonly ManifestTensor[];
}

/**
 * The file that was renamed to one that appeared: of those that are gone the one that has most of its tensors, by name and content;
 * undefined when none has any.
 */
export async function formerPath(
  repository: Repository,
  readManifest: ReadManifest,
  { before, after, tensors }: AppearedFile,
): Promise<TreeFile | undefined> {
  const wanted = new Map(tensors.map(tensor => [tensor.name, tensor]));
  const still = new Set((await repository.history.listTree(after)).map(file => file.path));
  let best: { readonly file: TreeFile; readonly common: number } | undefined;
  for (const file of await repository.history.listTree(before)) {
    if (still.has(file.path)) continue;
    const manifest = await readManifest(file);
    const common = (manifest?.tensors ?? []).filter(
      tensor => wanted.has(tensor.name) && isSameTensor(tensor, wanted.get(tensor.name)),
    ).length;
    if (common > (best?.common ?? 0)) best = { file, common };
  }
  return best?.file;
}
