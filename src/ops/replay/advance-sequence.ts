import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { subjectOf } from '../history/commit.ts';
import type { Repository } from '../repository.ts';
import { type AppliedStep, writeStepCommit } from './apply-step.ts';
import type { ReplaySequence } from './replay-sequence.ts';
import type { ReplaySettings } from './replay-settings.ts';
import type { ReplayOperation, ReplayStep } from './replay-step.ts';

/** A commit that continues what it continued before needs no replay. */
export function isInPlace({ tip, options }: ReplaySequence, { parent, commit }: ReplayStep): boolean {
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

/** The refusal of a change that is there already. */
function alreadyThere({ commit }: ReplayStep, operation: ReplayOperation): MgitError {
  const what = operation === 'revert' ? 'nothing of it is left to take away' : 'its change is here already';
  return new MgitError('NOTHING_TO_REPLAY', `${commit.id} would change nothing: ${what}`, {
    hint: 'leave it out with --empty=drop (with --skip where it waits), or keep it as a commit without changes with --empty=keep',
  });
}
