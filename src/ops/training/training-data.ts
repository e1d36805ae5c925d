import { isAbsolute, join, posix } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Recipe } from '../../train/recipe/recipe.ts';
import { diskDigest, treePath } from '../gate/data.ts';
import type { Repository } from '../repository.ts';

/**
 * Where a recipe's data is when the files of `commit` lie in `root`: data that the commit holds is taken from there, other data from
 * where the work tree stands. Undefined for a command that names none.
 */
export async function trainingDataPath(
  repository: Repository,
  recipe: Recipe,
  place: { readonly root: string; readonly commit: CommitId },
): Promise<string | undefined> {
  const path = recipe.data?.path;
  if (path === undefined || isAbsolute(path)) return path;
  const inside = treePath(path);
  if (inside !== undefined && (await holds(repository, place.commit, inside)))
    return join(place.root, inside);
  return join(repository.workTree, posix.normalize(path));
}

/** A digest, `sha256:<hex>`, of the files of data that mgit does not read itself. Errors: `DATA_MISSING`. */
export async function folderDigest(fs: FileSystem, path: string): Promise<string> {
  try {
    await fs.stat(path);
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw new MgitError('DATA_MISSING', `there is no data at ${path}`, {
      cause,
      hint: 'correct the path of the data in the recipe, or put the data there',
    });
  }
  return `sha256:${await diskDigest(fs, path)}`;
}

async function holds({ history }: Repository, commit: CommitId, path: string): Promise<boolean> {
  const { tree } = await history.readCommit(commit);
  if (await history.findInTree(tree, path)) return true;
  return (await history.listTree(tree, path)).length > 0;
}
