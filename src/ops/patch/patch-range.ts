import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';

/** Commits that continue a base one by one, oldest first. */
export interface PatchRange {
  readonly base: Commit;
  readonly commits: readonly Commit[];
}

/**
 * Reads `<base>..<tip>`; `<base>` alone goes to HEAD, an end left out is HEAD, too. Errors: `PATCH_RANGE_INVALID`, `REVISION_UNKNOWN`.
 */
export async function readPatchRange(repository: Repository, text: string): Promise<PatchRange> {
  if (text.includes('...')) throw rangeInvalid(`${text} has two sides`, 'write <base>..<tip>');
  const { history } = repository;
  const [from = '', to = ''] = text.includes('..') ? text.split('..', 2) : [text, ''];
  const base = await history.resolveCommit(from || 'HEAD');
  const tip = await history.resolveCommit(to || 'HEAD');
  if (base === tip) throw rangeInvalid(`${text} holds no commit`, 'write <base>..<tip>');
  if (!(await history.isAncestor(base, tip)))
    throw rangeInvalid(
      `${from || 'HEAD'} is not among the ancestors of ${to || 'HEAD'}`,
      'begin at a commit that the others continue',
    );
  return { base: await history.readCommit(base), commits: await commitsBetween(repository, base, tip) };
}

/** The range has one line of commits. Errors: `PATCH_NOT_LINEAR`. */
export function requireLinear({ base, commits }: PatchRange): void {
  let parent: CommitId = base.id;
  for (const commit of commits) {
    if (commit.parents.length !== 1 || commit.parents[0] !== parent)
      throw new MgitError(
        'PATCH_NOT_LINEAR',
        `the range holds a merge, ${commit.id.slice(0, 7)} or below it`,
        {
          hint: 'carry its result as one commit with --squash',
        },
      );
    parent = commit.id;
  }
}

async function commitsBetween(
  { history }: Repository,
  base: CommitId,
  tip: CommitId,
): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  for await (const commit of history.walk({ include: [tip], exclude: [base] })) commits.push(commit);
  return commits.reverse();
}

function rangeInvalid(problem: string, hint: string): MgitError {
  return new MgitError('PATCH_RANGE_INVALID', problem, { hint });
}
