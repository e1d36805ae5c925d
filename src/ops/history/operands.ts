import { isMgitError, MgitError } from '../../base/errors.ts';
import type { Repository } from '../repository.ts';
import { parseRange } from './log.ts';

/** Words of a command line, told apart as Git does. */
export interface Operands {
  readonly revisions: readonly string[];
  readonly paths: readonly string[];
}

/**
 * Revisions come first, then paths; `--` (`afterDashes`: the words after it) tells them apart. Without it a word is a revision as long
 * as it can be read as one. Errors: `REVISION_UNKNOWN` for a word before `--` that is none.
 */
export async function splitOperands(
  repository: Repository,
  words: readonly string[],
  afterDashes: readonly string[] | undefined,
): Promise<Operands> {
  const before = afterDashes === undefined ? words : words.slice(0, words.length - afterDashes.length);
  const revisions: string[] = [];
  for (const word of before) {
    if (!(await isRevision(repository, word))) break;
    revisions.push(word);
  }
  const wrong = before[revisions.length];
  if (afterDashes !== undefined && wrong !== undefined)
    throw new MgitError('REVISION_UNKNOWN', `there is no revision ${JSON.stringify(wrong)}`);
  return { revisions, paths: [...before.slice(revisions.length), ...(afterDashes ?? [])] };
}

/** Whether a word can be read as a revision or a range. */
export async function isRevision(repository: Repository, word: string): Promise<boolean> {
  try {
    await parseRange(repository, word);
    return true;
  } catch (error) {
    if (isMgitError(error, 'REVISION_UNKNOWN', 'REF_INVALID')) return false;
    throw error;
  }
}
