import { MgitError } from '../base/errors.ts';
import { readMergeState } from './merge/merge-state.ts';
import type { Repository } from './repository.ts';

/** Refuses what would lead away from a merge that waits for its conflicts. Errors: `MERGE_IN_PROGRESS`. */
export async function refuseDuringMerge(repository: Repository): Promise<void> {
  if ((await readMergeState(repository)) === undefined) return;
  throw new MgitError('MERGE_IN_PROGRESS', 'a merge waits for its conflicts to be resolved', {
    hint: 'finish it with "mgit merge --continue", or give it up with "mgit merge --abort"',
  });
}
