import { isSystemError, MgitError } from '../../base/errors.ts';
import { type ObjectId, parseObjectId } from '../../base/ids.ts';
import type { PathAttributes } from './attributes.ts';
import type { WorkTree } from './work-tree.ts';

/**
 * Whether an ordinary file differs between repository and work tree: line ends, encodings, `ident`, or another program's
 * filter (git-lfs). Only Git itself converts: mgit never guesses at it.
 */
export function needsConversion(attributes: PathAttributes, convertsLineEnds: boolean): boolean {
  const filter = attributes.get('filter');
  if (typeof filter === 'string' && filter !== 'mgit') return true;
  if (attributes.get('ident') === true || attributes.has('working-tree-encoding')) return true;
  const text = attributes.get('text');
  if (text === false) return false;
  return text !== undefined || attributes.has('eol') || attributes.has('crlf') || convertsLineEnds;
}

/** The id of an ordinary file's blob as `git add` would write it; with `write`, the blob is written. Errors: `GIT_REQUIRED`. */
export async function convertedBlob(
  workTree: WorkTree,
  path: string,
  options: { readonly write: boolean },
): Promise<ObjectId> {
  const args = ['hash-object', ...(options.write ? ['-w'] : []), '--', path];
  return parseObjectId(
    Buffer.from(await git(workTree, args, path))
      .toString('utf8')
      .trim(),
  );
}

/** The bytes of an ordinary file as `git checkout` would write them. Errors: `GIT_REQUIRED`. */
export function convertedContent(workTree: WorkTree, path: string, id: ObjectId): Promise<Uint8Array> {
  return git(workTree, ['cat-file', '--filters', `--path=${path}`, id], path);
}

async function git(workTree: WorkTree, args: readonly string[], path: string): Promise<Uint8Array> {
  const { processes, env: own } = workTree.ports;
  const env = { ...own, GIT_DIR: workTree.history.gitDirectory, GIT_WORK_TREE: workTree.root };
  const result = await processes
    .run({ command: 'git', args, cwd: workTree.root, env })
    .catch((error: unknown) => {
      if (!isSystemError(error, 'ENOENT')) throw error;
      throw new MgitError('GIT_REQUIRED', `${path} is converted by rules that only Git itself can apply`, {
        hint: 'install git, or set the attribute -text on the file',
        cause: error,
      });
    });
  if (result.code === 0) return result.stdout;
  throw new MgitError('CONVERSION_FAILED', `Git could not convert ${path}: ${lastLine(result.stderr)}`);
}

function lastLine(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').trim().split('\n').at(-1) ?? '';
}
