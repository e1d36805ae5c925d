import { MgitError } from '../../base/errors.ts';
import type { Repository } from '../repository.ts';
import { gitMergeHeads, readMergeState } from './merge-state.ts';

/** Refuses what would lead away from a merge that waits for its conflicts. Errors: `MERGE_IN_PROGRESS`. */
export async function refuseDuringMerge(repository: Repository): Promise<void> {
  if ((await readMergeState(repository)) === undefined) return;
  throw new MgitError('MERGE_IN_PROGRESS', 'a merge waits for its conflicts to be resolved', {
    hint: 'finish it with "mgit merge --continue", or give it up with "mgit merge --abort"',
  });
}

/** The same for merges that plain Git has begun, too. Errors: `MERGE_IN_PROGRESS`. */
export async function refuseDuringAnyMerge(repository: Repository): Promise<void> {
  await refuseDuringMerge(repository);
  if ((await gitMergeHeads(repository)).length === 0) return;
  throw new MgitError('MERGE_IN_PROGRESS', 'a merge that plain git began is not concluded', {
    hint: GIT_MERGE_HINT,
  });
}

/** What to do about a merge that plain Git has begun. */
export const GIT_MERGE_HINT =
  'conclude it with "mgit add" and "mgit commit", or give it up with "git merge --abort"';
