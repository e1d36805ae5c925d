import { counted } from '../../base/counted.ts';
import type { Mark } from '../../ops/bisect/bisect.ts';
import type { BisectStep } from '../../ops/bisect/next-step.ts';
import { subjectOf } from '../../ops/history/commit.ts';
import type { Commit } from '../../store/history/history.ts';
import type { CommandOutcome } from '../command.ts';
import type { CliIo } from '../io.ts';
import { commitJson, commitText } from './commit.ts';

/** What a step of a bisection answers, in Git's words. */
export function stepOutcome(io: CliIo, step: BisectStep): CommandOutcome {
  return { json: stepJson(step), human: stepText(io, step) };
}

/** A step in Git's words. */
export function stepText(io: CliIo, step: BisectStep): string {
  if (step.kind === 'found') return foundText(io, step.commit);
  if (step.kind === 'waiting')
    return step.needs.length === 2
      ? 'status: waiting for both good and bad commits'
      : `status: waiting for a ${step.needs[0]} commit`;
  const head = step.isMergeBase
    ? 'Bisecting: a merge base must be tested'
    : `Bisecting: ${counted(step.left, 'revision')} left to test after this (roughly ${counted(step.steps, 'step')})`;
  return `${head}\n[${step.commit.id}] ${subjectOf(step.commit.message)}`;
}

/** The result. */
export function foundText(io: CliIo, commit: Commit): string {
  return `${commit.id} is the first bad commit\n${commitText(io, commit)}`;
}

/** One line for a commit that was tested by a run. */
export function judgedText(commit: Commit, mark: Mark): string {
  return `${mark}: [${commit.id.slice(0, 7)}] ${subjectOf(commit.message)}`;
}

function stepJson(step: BisectStep) {
  if (step.kind === 'waiting') return { status: step.kind, needs: [...step.needs] };
  const commit = commitJson(step.commit);
  if (step.kind === 'found') return { status: step.kind, commit };
  const { left, steps, isMergeBase } = step;
  return { status: step.kind, commit, left, steps, isMergeBase };
}
