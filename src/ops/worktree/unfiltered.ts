import type { MgitEvent } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';
import { isRegularFile } from '../../store/history/objects/tree-object.ts';
import { MANIFEST_LIMITS } from '../../store/manifest/limits.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { isModel } from '../../store/worktree/attributes.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import type { Repository } from '../repository.ts';
import { workTreeOf } from './work-tree.ts';

/** What to do about models that Git itself holds. */
export const UNFILTERED_HINT =
  'take them up with "mgit add --renormalize <path>" and commit; in older commits with "mgit import --from-lfs"';

/**
 * Tracked models that are no manifests: somebody committed their bytes with plain Git, without mgit's filter. Nothing of a file is read
 * whose metadata tells that it is not what Git holds.
 */
export async function unfilteredModels(
  repository: Repository,
  index: IndexState,
): Promise<readonly string[]> {
  const workTree = await workTreeOf(repository);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const found: string[] = [];
  for (const { path, mode, id, size, intentToAdd } of index.tracked.values()) {
    if (!isRegularFile({ mode }) || intentToAdd || !isModel(await attributes.of(path))) continue;
    if (await isUnfiltered(repository.history, id, size)) found.push(path);
  }
  return found;
}

/** Whether a model's blob is its bytes. `fileSize`: that of the file it was read from, if known (else 0): of a manifest's model it differs. */
export async function isUnfiltered(history: History, id: ObjectId, fileSize = 0): Promise<boolean> {
  const size = await history.blobSize(id);
  if (size === 0 || (fileSize !== 0 && fileSize !== size)) return false;
  return size > MANIFEST_LIMITS.textBytes || !looksLikeManifest(await history.readBlob(id));
}

/** Told of whatever writes such a model to the work tree. */
export function unfilteredWarning(paths: readonly string[]): MgitEvent {
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  const message = `committed without mgit, so that Git itself holds the bytes: ${paths.slice(0, 5).join(', ')}${more}`;
  return { type: 'warning', code: 'MODEL_UNFILTERED', message, hint: UNFILTERED_HINT };
}
