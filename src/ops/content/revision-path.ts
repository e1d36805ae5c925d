import { MgitError } from '../../base/errors.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import type { Repository } from '../repository.ts';
import { repositoryPath, workTreeOf } from '../worktree/work-tree.ts';

/** A file of a revision, as Git writes it: `<revision>:<path>`. */
export interface RevisionPath {
  /** Empty: the index. */
  readonly revision: string;
  /** From the root of the work tree; from the current directory when it begins with `./` or `../`. */
  readonly path: string;
}

/** Reads `<revision>:<path>`. Source: gitrevisions(7). Errors: `USAGE`. */
export function parseRevisionPath(text: string): RevisionPath {
  const { revision, path } = splitRevisionPath(text);
  if (path !== undefined) return { revision, path };
  throw new MgitError('USAGE', `not a file of a revision: ${JSON.stringify(text)}`, {
    hint: 'write it as <revision>:<path>, for example HEAD:model.safetensors',
  });
}

/** Reads `<revision>` or `<revision>:<path>`. A colon in braces belongs to the revision. */
export function splitRevisionPath(text: string): Omit<RevisionPath, 'path'> & { readonly path?: string } {
  const match = /^((?:[^:{]|\{[^}]*\}|\{)*?):(.+)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return { revision: text };
  return { revision: match[1], path: match[2] };
}

/** Finds the file. `cwd` is absolute. Errors: `PATH_UNKNOWN`, `PATH_OUTSIDE`, `REVISION_UNKNOWN`. */
export async function findRevisionPath(
  repository: Repository,
  cwd: string,
  { revision, path }: RevisionPath,
): Promise<TreeFile> {
  const isRelative = path === '.' || path.startsWith('./') || path.startsWith('../');
  const inTree = isRelative ? repositoryPath(repository, cwd, path) : path.replace(/^\/+/, '');
  const file =
    revision === '' ? await inIndex(repository, inTree) : await inCommit(repository, revision, inTree);
  if (file !== undefined) return file;
  const where = revision === '' ? 'the index' : revision;
  throw new MgitError('PATH_UNKNOWN', `there is no file ${JSON.stringify(inTree)} in ${where}`);
}

async function inIndex(repository: Repository, path: string): Promise<TreeFile | undefined> {
  const { tracked } = await readIndexState(await workTreeOf(repository));
  return tracked.get(path);
}

async function inCommit(
  { history }: Repository,
  revision: string,
  path: string,
): Promise<TreeFile | undefined> {
  const { tree } = await history.readCommit(await history.resolveCommit(revision));
  return history.findInTree(tree, path);
}
