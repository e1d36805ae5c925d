import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { subjectOf } from '../history/commit.ts';
import { markConflicts } from '../merge/pause.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree, filesOfTree } from '../worktree/checkout.ts';
import { planCheckout, sameFile } from '../worktree/checkout-plan.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import type { AppliedStep } from './apply-step.ts';
import { movePicked } from './finish-sequence.ts';
import type { ReplaySequence, WaitingReplay } from './replay-sequence.ts';
import { writeWaitingReplay } from './replay-state.ts';
import type { ReplayStep } from './replay-step.ts';
import type { ReplayOutcome } from './run-sequence.ts';

/** A step that must wait. */
export interface PauseRequest extends LongOperation {
  readonly sequence: ReplaySequence;
  readonly step: ReplayStep;
  readonly applied: AppliedStep;
  readonly message: string;
  readonly filesAt: ObjectId;
  readonly headAt: CommitId;
}

/** Stands for a file in conflict: it differs from any that there is. */
const IN_CONFLICT = '0'.repeat(40) as ObjectId;

/**
 * Leaves a step to the user: HEAD goes to what was made so far, what merged is staged and written, of what did not the index holds all versions.
 * The state is on disk first, so that `--abort` works after a crash. Errors: `LOCAL_CHANGES`, before anything is written: what is staged would get
 * into the commit.
 */
export async function pauseSequence(repository: Repository, request: PauseRequest): Promise<ReplayOutcome> {
  const { sequence, step, applied, message, filesAt } = request;
  await refuseLocal(repository, request);
  const { conflicts, models } = applied;
  const shown = await repository.history.writeTree([...applied.files, ...oursOf(applied)]);
  const recorded = conflicts.map(({ conflict }) => conflict);
  const state: WaitingReplay = { version: 1, sequence, message, shown, conflicts: recorded, models };
  await writeWaitingReplay(repository, state);
  await checkoutTree(repository, { ...request, from: filesAt, to: shown });
  await moveHead(repository, request);
  await markConflicts(repository, conflicts, request);
  return outcomeOf(state, subjectOf(step.commit.message));
}

/** What is told of a sequence that waits. */
export function outcomeOf({ sequence, conflicts }: WaitingReplay, subject: string): ReplayOutcome {
  const { operation, target, todo, tip } = sequence;
  const remaining = todo.length - 1;
  return { kind: 'conflicts', operation, target, commit: todo[0] ?? tip, subject, remaining, conflicts };
}

function oursOf({ conflicts }: AppliedStep): readonly TreeFile[] {
  return conflicts.flatMap(({ versions }): TreeFile[] => {
    const [ours] = versions.sides;
    return ours ? [{ path: versions.path, ...ours }] : [];
  });
}

async function refuseLocal(
  repository: Repository,
  { applied, filesAt, ...long }: PauseRequest,
): Promise<void> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const from = await filesOfTree(repository, filesAt);
  const staged = [...new Set([...from.keys(), ...index.tracked.keys()])].filter(
    path => !sameFile(from.get(path), index.tracked.get(path)),
  );
  const open = applied.conflicts.map(({ versions }): TreeFile => {
    return { path: versions.path, mode: 0o100644, id: IN_CONFLICT };
  });
  const to = new Map([...applied.files, ...open].map(file => [file.path, file]));
  const { blocked } = await planCheckout(workTree, { from, to }, { index, long });
  const paths = [...new Set([...staged, ...blocked])];
  if (paths.length > 0)
    throw localChanges(paths, 'commit them, or put them away with "mgit stash" or "mgit restore"');
}

/** A rebase leaves its branch where it is until it is done. */
async function moveHead(repository: Repository, { sequence, headAt }: PauseRequest): Promise<void> {
  const { operation, tip, done, ontoName } = sequence;
  if (operation !== 'rebase') return movePicked(repository, sequence, headAt);
  const isBeginning = done.every(({ from, commit }) => from === commit);
  const reason = isBeginning
    ? `rebase (start): checkout ${ontoName}`
    : `rebase (pick): ${done.at(-1)?.subject}`;
  await repository.history.setHead({ commit: tip }, reason);
}
