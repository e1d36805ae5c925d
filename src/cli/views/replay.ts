import type { ReplayOutcome } from '../../ops/replay/run-sequence.ts';
import type { StagedPicks } from '../../ops/replay/stage-picks.ts';
import type { CommandOutcome } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { jsonValue } from '../json.ts';
import { conflictText, countsText } from './merge.ts';
import { printable } from './printable.ts';

/** What a cherry-pick, revert or rebase answers. */
export function replayOutcome(io: CliIo, outcome: ReplayOutcome): CommandOutcome {
  const isOpen = outcome.kind === 'conflicts';
  return {
    json: jsonValue(outcome),
    human: isOpen ? openText(io, outcome) : doneText(outcome),
    exitCode: isOpen ? EXIT.conflicts : EXIT.done,
  };
}

/** What `--no-commit` answers. */
export function stagedOutcome(io: CliIo, staged: StagedPicks): CommandOutcome {
  const isOpen = staged.conflicts.length > 0;
  const end = 'Resolve them with "mgit add"; what was before comes back with "mgit reset --hard".';
  const models = modelLines(staged);
  return {
    json: jsonValue({ kind: 'staged', ...staged }),
    human: [...models, ...(isOpen ? [conflictText(io, staged.conflicts, end)] : [])].join('\n'),
    exitCode: isOpen ? EXIT.conflicts : EXIT.done,
  };
}

function openText(io: CliIo, outcome: Extract<ReplayOutcome, { kind: 'conflicts' }>): string {
  const { operation, commit, subject, remaining, conflicts } = outcome;
  const more = remaining === 0 ? '' : `, ${remaining} more to come`;
  const end = `Resolve them, then "mgit ${operation} --continue"; or --skip this commit, or --abort.`;
  return [
    `Stopped at ${commit.slice(0, 7)} ${printable(subject)}${more}`,
    conflictText(io, conflicts, end),
  ].join('\n');
}

function doneText(outcome: Extract<ReplayOutcome, { kind: 'done' }>): string {
  const { operation, target, previous, commit, commits, dropped } = outcome;
  const branch = target.replace(/^refs\/heads\//, '');
  const moved = `${branch}: ${previous.slice(0, 7)}..${commit.slice(0, 7)}`;
  return [
    ...modelLines(outcome),
    ...commits.map(({ from, commit: made, subject }) =>
      from === made
        ? `${made.slice(0, 7)} ${printable(subject)}`
        : `${from.slice(0, 7)} -> ${made.slice(0, 7)} ${printable(subject)}`,
    ),
    ...dropped.map(id => `${id.slice(0, 7)} left out: its change is there already`),
    previous === commit ? `${branch} is where it was.` : `${VERBS[operation]} ${moved}`,
  ].join('\n');
}

const VERBS = { 'cherry-pick': 'Picked onto', revert: 'Reverted on', rebase: 'Rebased' } as const;

function modelLines({ models }: Pick<StagedPicks, 'models'>): readonly string[] {
  return models.map(({ path, counts }) => `${path}: ${countsText(counts)}`);
}
