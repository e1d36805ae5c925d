import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { Repository } from '../repository.ts';
import { restoreTree } from '../worktree/restore-tree.ts';
import type { ReplaySequence, WaitingReplay } from './replay-sequence.ts';
import { clearWaitingReplay, requireWaitingReplay } from './replay-state.ts';
import type { ReplayOperation } from './replay-step.ts';

/**
 * Gives up a waiting sequence: HEAD, and the files and index entries that it touched, become what they were before; local changes elsewhere stay.
 * Errors: `REPLAY_NONE`, `REPLAY_MOVED`, `EXTENT_MISSING`.
 */
export async function abortReplay(
  repository: Repository,
  operation: ReplayOperation,
  long: LongOperation = {},
): Promise<ReplaySequence> {
  const { sequence, shown } = await requireWaitingReplay(repository, operation);
  const { history } = repository;
  const head = await history.head();
  if (head.commit !== sequence.tip && head.commit !== sequence.origin) throw moved(sequence);
  const place = await commitAtBeginning(repository, sequence);
  await restoreTree(repository, { ...long, tree: (await history.readCommit(place)).tree, from: shown });
  if (operation === 'rebase') await returnHead(repository, sequence);
  else if (head.commit !== sequence.origin) {
    const { target, origin, tip } = sequence;
    await history.updateRefs([{ ref: target, target: origin, expected: tip }], `reset: moving to ${origin}`);
  }
  await clearWaitingReplay(repository, operation);
  return sequence;
}

/** Where HEAD stood; a branch that the sequence moves, or is about to move, goes back to its origin. */
async function commitAtBeginning(
  { history }: Repository,
  { began, target, origin }: ReplaySequence,
): Promise<CommitId> {
  if ('commit' in began) return parseCommitId(began.commit);
  return began.branch === target ? origin : history.resolveCommit(began.branch);
}

async function returnHead({ history }: Repository, { began }: ReplaySequence): Promise<void> {
  const name = 'branch' in began ? began.branch : began.commit;
  const place = 'branch' in began ? began : { commit: parseCommitId(began.commit) };
  await history.setHead(place, `rebase (abort): returning to ${name}`);
}

/** Forgets a waiting sequence and leaves HEAD, index and work tree as they are. Errors: `REPLAY_NONE`. */
export async function quitReplay(
  repository: Repository,
  operation: ReplayOperation,
): Promise<ReplaySequence> {
  const { sequence } = await requireWaitingReplay(repository, operation);
  await clearWaitingReplay(repository, operation);
  return sequence;
}

/** The refusal to go on from a place where nothing waits. */
export function moved({ operation, tip }: WaitingReplay['sequence']): MgitError {
  return new MgitError('REPLAY_MOVED', `HEAD is not where the ${operation} waits (${tip.slice(0, 10)})`, {
    hint: `go back there with "mgit reset", or forget it with "mgit ${operation} --quit"`,
  });
}
