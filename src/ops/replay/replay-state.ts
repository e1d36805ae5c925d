import { MgitError } from '../../base/errors.ts';
import { parseCommitId, parseObjectId } from '../../base/ids.ts';
import { readGitFile, removeGitFiles, writeGitFiles } from '../git-file.ts';
import type { Repository } from '../repository.ts';
import { gitFiles, gitLeftovers, isGitStillAt } from './git-state.ts';
import type { WaitingReplay } from './replay-sequence.ts';
import type { ReplayOperation } from './replay-step.ts';

/** In the work tree's own Git directory: linked work trees work independently. */
const STATE = 'mgit/replay/state.json';

/**
 * The cherry-pick, revert or rebase that waits, if there is one. Where Git's own files do not tell of the same one there is none: plain Git has
 * concluded it or given it up. Errors: `REPLAY_STATE_CORRUPT`.
 */
export async function readWaitingReplay(repository: Repository): Promise<WaitingReplay | undefined> {
  const text = await readGitFile(repository, STATE);
  const state = text === undefined ? undefined : parseState(text);
  return state !== undefined && (await isGitStillAt(repository, state.sequence)) ? state : undefined;
}

function parseState(text: string): WaitingReplay {
  try {
    const state = JSON.parse(text) as WaitingReplay;
    if (state.version !== 1) throw new Error(`version ${state.version}`);
    const { origin, onto, tip, todo } = state.sequence;
    for (const id of [origin, onto, tip, ...todo]) parseCommitId(id);
    parseObjectId(state.shown);
    return state;
  } catch (cause) {
    throw new MgitError('REPLAY_STATE_CORRUPT', `what waits to be continued cannot be read: ${STATE}`, {
      cause,
      hint: 'remove that file of the Git directory, and give up with git cherry-pick, revert or rebase --abort',
    });
  }
}

/** Records a sequence that waits, for mgit and for plain Git; durable when it returns. */
export async function writeWaitingReplay(repository: Repository, state: WaitingReplay): Promise<void> {
  await writeGitFiles(repository, { [STATE]: `${JSON.stringify(state, null, 2)}\n` });
  await writeGitFiles(repository, await gitFiles(repository, state));
}

/** Forgets what waits: first Git's part, without which ours means nothing. */
export async function clearWaitingReplay(repository: Repository, operation: ReplayOperation): Promise<void> {
  await removeGitFiles(repository, gitLeftovers(operation));
  await removeGitFiles(repository, [STATE]);
}

/** The sequence that waits. Errors: `REPLAY_NONE`. */
export async function requireWaitingReplay(
  repository: Repository,
  operation: ReplayOperation,
): Promise<WaitingReplay> {
  const state = await readWaitingReplay(repository);
  if (state?.sequence.operation === operation) return state;
  throw new MgitError('REPLAY_NONE', `no ${operation} of mgit waits to be continued`, {
    hint: state ? `a ${state.sequence.operation} waits` : `see "mgit status"; what plain git began, git ends`,
  });
}
