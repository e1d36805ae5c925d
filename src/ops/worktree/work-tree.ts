import { relative, resolve, sep } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import { readWorkTreeSettings, type WorkTree } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';

/** By store: an operation may look at the same repository through another history. */
const known = new WeakMap<Repository['store'], Promise<WorkTree>>();

/** The repository's work tree with its settings, read once. Errors: `WORK_TREE_REQUIRED` in a bare repository. */
export function workTreeOf(repository: Repository): Promise<WorkTree> {
  const found = known.get(repository.store);
  if (found !== undefined) return found;
  const opened = open(repository);
  known.set(repository.store, opened);
  return opened;
}

async function open(repository: Repository): Promise<WorkTree> {
  const { ports, history, store, workTree: root } = repository;
  return { ports, history, store, root, settings: await readWorkTreeSettings(history, ports) };
}

/**
 * The path of a file named on the command line, relative to the root of the work tree, with `/`; `''` is the root itself.
 * Errors: `PATH_OUTSIDE`.
 */
export function repositoryPath(repository: Repository, cwd: string, path: string): string {
  const inside = relative(repository.workTree, resolve(cwd, path));
  if (inside === '..' || inside.startsWith(`..${sep}`) || resolve(repository.workTree, inside) === inside)
    throw new MgitError('PATH_OUTSIDE', `${path} is outside the repository at ${repository.workTree}`);
  return sep === '/' ? inside : inside.split(sep).join('/');
}
