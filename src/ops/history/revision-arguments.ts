import { resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { Repository } from '../repository.ts';
import { isRevision } from './operands.ts';

/** Words of a command line, told apart. */
export interface RevisionArguments {
  readonly revisions: readonly string[];
  readonly paths: readonly string[];
}

/** What stood on a command line that takes revisions, then paths. */
export interface TypedArguments {
  /** Absolute. */
  readonly cwd: string;
  /** All words, those after `--` too. */
  readonly words: readonly string[];
  /** What stood after `--`; undefined without. */
  readonly afterDashes: readonly string[] | undefined;
}

/**
 * Tells revisions from paths as Git does: without `--`, words are revisions up to the first that is none, and the rest must be files.
 * Errors: `ARGUMENT_AMBIGUOUS` for a word that is both or neither.
 */
export async function splitRevisions(
  repository: Repository,
  typed: TypedArguments,
): Promise<RevisionArguments> {
  const { words, afterDashes } = typed;
  if (afterDashes)
    return { revisions: words.slice(0, words.length - afterDashes.length), paths: afterDashes };
  let count = 0;
  for (const word of words) {
    if (!(await isRevision(repository, word))) break;
    if (await isFile(repository, typed.cwd, word)) throw ambiguous(word, 'is a revision and a file');
    count++;
  }
  const paths = words.slice(count);
  for (const path of paths)
    if (!/[*?[:]/.test(path) && !(await isFile(repository, typed.cwd, path)))
      throw ambiguous(path, 'is neither a revision nor a file');
  return { revisions: words.slice(0, count), paths };
}

async function isFile({ ports }: Repository, cwd: string, word: string): Promise<boolean> {
  try {
    await ports.fs.lstat(resolve(cwd, word));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

function ambiguous(word: string, problem: string): MgitError {
  return new MgitError('ARGUMENT_AMBIGUOUS', `${JSON.stringify(word)} ${problem}`, {
    hint: 'put "--" between revisions and paths',
  });
}
