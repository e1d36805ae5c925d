import { MgitError } from '../base/errors.ts';
import { readGitFile, removeGitFiles } from './git-file.ts';
import { clearMergeState, gitMergeHeads, readMergeState } from './merge/merge-state.ts';
import { clearWaitingReplay, readWaitingReplay } from './replay/replay-state.ts';
import type { Repository } from './repository.ts';

/** Refuses what would lead away from a merge, cherry-pick, revert or rebase that waits in mgit. Errors: `MERGE_IN_PROGRESS`, `REPLAY_IN_PROGRESS`. */
export async function refuseWaiting(repository: Repository): Promise<void> {
  if ((await readMergeState(repository)) !== undefined)
    throw new MgitError('MERGE_IN_PROGRESS', 'a merge waits for its conflicts to be resolved', {
      hint: 'finish it with "mgit merge --continue", or give it up with "mgit merge --abort"',
    });
  const operation = (await readWaitingReplay(repository))?.sequence.operation;
  if (operation === undefined) return;
  throw new MgitError('REPLAY_IN_PROGRESS', `a ${operation} waits for its conflicts to be resolved`, {
    hint: `finish it with "mgit ${operation} --continue", or give it up with "mgit ${operation} --abort"`,
  });
}

/** The same for what plain Git has begun, too. Errors: `MERGE_IN_PROGRESS`, `REPLAY_IN_PROGRESS`. */
export async function refuseUnconcluded(repository: Repository): Promise<void> {
  await refuseWaiting(repository);
  if ((await gitMergeHeads(repository)).length > 0)
    throw new MgitError('MERGE_IN_PROGRESS', 'a merge that plain git began is not concluded', {
      hint: GIT_MERGE_HINT,
    });
  for (const [operation, name] of [
    ['cherry-pick', 'CHERRY_PICK_HEAD'],
    ['revert', 'REVERT_HEAD'],
  ] as const)
    if ((await readGitFile(repository, name)) !== undefined)
      throw new MgitError('REPLAY_IN_PROGRESS', `a ${operation} that plain git began is not concluded`, {
        hint: `conclude it with "git ${operation} --continue", or give it up with "git ${operation} --abort"`,
      });
}

/** Forgets what `reset` ends, as in Git: merges, cherry-picks and reverts. A rebase goes on from where HEAD then is. */
export async function forgetInProgress(repository: Repository): Promise<void> {
  await clearMergeState(repository);
  const waiting = await readWaitingReplay(repository);
  if (waiting !== undefined && waiting.sequence.operation !== 'rebase')
    await clearWaitingReplay(repository, waiting.sequence.operation);
  await removeGitFiles(repository, ['CHERRY_PICK_HEAD', 'REVERT_HEAD']);
}

/** What to do about a merge that plain Git has begun. */
export const GIT_MERGE_HINT =
  'conclude it with "mgit add" and "mgit commit", or give it up with "git merge --abort"';
