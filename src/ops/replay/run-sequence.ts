import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { subjectOf } from '../history/commit.ts';
import { filesOf } from '../history/tree-changes.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import type { ModelReport } from '../merge/models.ts';
import type { Repository } from '../repository.ts';
import { type AppliedStep, alreadyThere, applyStep, writeStepCommit } from './apply-step.ts';
import { finishSequence } from './finish-sequence.ts';
import { pauseSequence } from './pause-sequence.ts';
import type { ReplayedCommit, ReplaySequence } from './replay-sequence.ts';
import { type ReplaySettings, readReplaySettings } from './replay-settings.ts';
import { type ReplayOperation, type ReplayStep, readStep } from './replay-step.ts';
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
    if (isInPlace(sequence, step)) {
      sequence = advanced(sequence, step, step.commit.id);
      continue;
    }
    const ours = await filesOf(repository, sequence.tip);
    const applied = await applyStep(repository, { ours, step, settings }, options);
    const message = start.options.message ?? stepMessage(step, { ...start, ...start.options });
    if (applied.conflicts.length > 0)
      return pauseSequence(repository, { sequence, step, applied, message, ...options });
    const edited = (await options.edit?.(message)) ?? message;
    sequence = await committed(repository, { sequence, step, applied, settings, message: edited });
    models.push(...applied.models);
  }
  return finishSequence(repository, sequence, { ...options, models });
}

/** A commit that continues what it continued before needs no replay. */
function isInPlace({ tip, options }: ReplaySequence, { parent, commit }: ReplayStep): boolean {
  return options.reuse && options.scale === 1 && parent === tip && commit.parents.length === 1;
}

/** A step that was made, and how it goes into the sequence. */
export interface StepToCommit {
  readonly sequence: ReplaySequence;
  readonly step: ReplayStep;
  readonly applied: Pick<AppliedStep, 'files' | 'models'>;
  readonly settings: ReplaySettings;
  readonly message: string;
}

/** Commits a step, unless its change is there already. Errors: `NOTHING_TO_REPLAY`, those of {@link writeStepCommit}. */
export async function committed(repository: Repository, made: StepToCommit): Promise<ReplaySequence> {
  const { sequence, step, applied, message, settings } = made;
  const { operation, tip, options } = sequence;
  if (await changesNothing(repository, tip, applied.files)) {
    const policy = step.base === step.theirs && operation === 'rebase' ? 'keep' : options.empty;
    if (policy === 'stop') throw alreadyThere(step, operation);
    if (policy === 'drop') return dropped(sequence, step);
  }
  const { scale } = options;
  const content = { operation, step, tip, ...applied, message, scale, settings };
  return advanced(sequence, step, await writeStepCommit(repository, content));
}

async function changesNothing(
  { history }: Repository,
  tip: CommitId,
  files: readonly TreeFile[],
): Promise<boolean> {
  return (await history.readCommit(tip)).tree === (await history.writeTree(files));
}

/** The sequence after its next commit became `commit`. */
export function advanced(
  sequence: ReplaySequence,
  { commit: from }: ReplayStep,
  commit: CommitId,
): ReplaySequence {
  const done = [...sequence.done, { from: from.id, commit, subject: subjectOf(from.message) }];
  return { ...sequence, tip: commit, done, todo: sequence.todo.slice(1) };
}

function dropped(sequence: ReplaySequence, { commit }: ReplayStep): ReplaySequence {
  return { ...sequence, dropped: [...sequence.dropped, commit.id], todo: sequence.todo.slice(1) };
}
