import { MgitError } from '../../base/errors.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { compareFile } from '../../store/worktree/compare.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import type { Repository } from '../repository.ts';
import { localChanges } from './local-changes.ts';
import { parsePathspec, requireMatches } from './pathspec.ts';
import { stagedChanges } from './status.ts';
import { workTreeOf } from './work-tree.ts';

/** What `mgit rm` removes. */
export interface RemoveOptions {
  readonly cwd: string;
  readonly paths: readonly string[];
  /** Leave the files in the work tree. */
  readonly cached?: boolean;
  /** Allow folders. */
  readonly recursive?: boolean;
  /** Remove files with local changes, too. */
  readonly force?: boolean;
}

/** Takes files out of the index and the work tree. Errors: `PATHSPEC_UNMATCHED`, `FOLDER_NAMED`, `LOCAL_CHANGES`. Returns the paths. */
export async function removePaths(
  repository: Repository,
  options: RemoveOptions,
): Promise<readonly string[]> {
  const workTree = await workTreeOf(repository);
  return changeFiles(workTree, {
    plan: index => pathsToRemove(repository, index, options),
    perform: async paths => {
      if (!options.cached) await removeTreeFiles(workTree, paths);
      return { set: [], remove: paths };
    },
  });
}

async function pathsToRemove(
  repository: Repository,
  index: IndexState,
  options: RemoveOptions,
): Promise<readonly string[]> {
  const pathspec = parsePathspec(repository, options.cwd, options.paths);
  const paths = [...new Set(index.entries.map(entry => entry.path))].filter(pathspec.matches);
  requireMatches(pathspec, paths);
  const folder = pathspec.literal.find(item => !paths.includes(item.path));
  if (folder !== undefined && !options.recursive)
    throw new MgitError('FOLDER_NAMED', `${folder.typed} is a folder`, { hint: 'use "mgit rm -r"' });
  if (!options.force) await refuseChanged(repository, { index, paths, cached: options.cached === true });
  return paths;
}

/** With `cached` the file stays, so only content that is in neither the file nor HEAD would be lost. */
async function refuseChanged(
  repository: Repository,
  request: { readonly index: IndexState; readonly paths: readonly string[]; readonly cached: boolean },
): Promise<void> {
  const { index, paths, cached } = request;
  const workTree = await workTreeOf(repository);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const head = await repository.history.head();
  const staged = new Set((await stagedChanges(repository, index, head.commit)).map(change => change.path));
  const lost: string[] = [];
  for (const path of paths) {
    const entry = index.tracked.get(path);
    if (entry === undefined) continue; // Unmerged: removing it resolves the conflict.
    const isModified = (await compareFile(workTree, entry, { index, attributes })).kind === 'modified';
    if (cached ? isModified && staged.has(path) : isModified || staged.has(path)) lost.push(path);
  }
  if (lost.length > 0)
    throw localChanges(lost, 'use "mgit rm --cached" to keep the files, or -f to remove them all the same');
}
