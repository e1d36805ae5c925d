import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import type { ModelReport } from '../merge/models.ts';
import type { Repository } from '../repository.ts';
import { advanced, committed, isInPlace, type StepToCommit } from './advance-sequence.ts';
import { type AppliedStep, applyStep } from './apply-step.ts';
import { finishSequence } from './finish-sequence.ts';
import { pauseSequence } from './pause-sequence.ts';
import type { ReplayedCommit, ReplaySequence } from './replay-sequence.ts';
import { readReplaySettings } from './replay-settings.ts';
import { type ReplayOperation, readStep } from './replay-step.ts';
import { stepMessage } from './step-message.ts';

/** How a sequence is run. */
export interface RunOptions extends LongOperation {
  /** The tree that index and work tree show. */
  readonly filesAt: ObjectId;
  /** The commit that HEAD has. */
  readonly headAt: CommitId;
  /** What was merged before the sequence waited. */
  readonly models?: readonly ModelReport[];
  /** Lets the user change each message. */
  readonly edit?: (draft: string) => Promise<string>;
}

/** What came of a cherry-pick, revert or rebase. */
export type ReplayOutcome =
  | {
      readonly kind: 'done';
      readonly operation: ReplayOperation;
      /** Full ref name, or `HEAD` when it is detached. */
      readonly target: string;
      readonly previous: CommitId;
      readonly commit: CommitId;
      readonly commits: readonly ReplayedCommit[];
      readonly dropped: readonly CommitId[];
      /** What was computed, of all commits. */
      readonly models: readonly ModelReport[];
    }
  | {
      readonly kind: 'conflicts';
      readonly operation: ReplayOperation;
      readonly target: string;
      readonly commit: CommitId;
      readonly subject: string;
      /** Commits that follow. */
      readonly remaining: number;
      readonly conflicts: readonly FileConflict[];
    };

/**
 * Replays the commits of a sequence one on the other, in the store alone; then index and work tree follow once, and the target moves once. At a
 * conflict, what was made so far is checked out, and the sequence waits. Errors: `NOTHING_TO_REPLAY`, `COMMIT_IS_MERGE`, `LOCAL_CHANGES`,
 * `REF_CONFLICT`, those of methods, settings and hooks; nothing has moved then.
 */
export async function runSequence(
  repository: Repository,
  start: ReplaySequence,
  options: RunOptions,
): Promise<ReplayOutcome> {
  const settings = await readReplaySettings(repository.history, { ...start, ...start.options });
  const models: ModelReport[] = [...(options.models ?? [])];
  let sequence = start;
  for (const id of start.todo) {
    options.signal?.throwIfAborted();
    const step = await readStep(repository, id, { ...start, ...start.options });
    if (isInPlace(sequence, step)) sequence = advanced(sequence, step, step.commit.id);
    else {
      const made = await makeStep(repository, { sequence, step, settings }, options);
      if (made.applied.conflicts.length > 0) return pauseSequence(repository, { ...made, ...options });
      const message = (await options.edit?.(made.message)) ?? made.message;
      sequence = await committed(repository, { ...made, message });
      models.push(...made.applied.models);
    }
  }
  return finishSequence(repository, sequence, { ...options, models });
}

async function makeStep(
  repository: Repository,
  next: Pick<StepToCommit, 'sequence' | 'step' | 'settings'>,
  long: LongOperation,
): Promise<StepToCommit & { readonly applied: AppliedStep }> {
  const { sequence, step } = next;
  const ours = await filesOf(repository, sequence.tip);
  const applied = await applyStep(repository, { ours, ...next }, long);
  const message = sequence.options.message ?? stepMessage(step, { ...sequence, ...sequence.options });
  return { ...next, applied, message };
}
