import { MgitError } from '../base/errors.ts';
import { editMessage } from '../ops/history/edit-message.ts';
import { continueReplay, skipReplay } from '../ops/replay/continue-sequence.ts';
import { abortReplay, quitReplay } from '../ops/replay/end-sequence.ts';
import { type PickOptions, pickCommits } from '../ops/replay/pick.ts';
import type { EmptyPolicy } from '../ops/replay/replay-sequence.ts';
import { parseScale } from '../ops/replay/replay-settings.ts';
import type { ReplayOperation } from '../ops/replay/replay-step.ts';
import { stagePicks } from '../ops/replay/stage-picks.ts';
import type { Repository } from '../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  flagOption,
  listArgument,
  listOption,
  type OptionSpec,
  textOption,
} from './command.ts';
import type { CliContext } from './context.ts';
import { jsonValue } from './json.ts';
import { replayOutcome, stagedOutcome } from './views/replay.ts';
import { longOperation } from './with-repository.ts';

/** Options that cherry-pick, revert and rebase share: of the change, and of a sequence that waits. */
export const REPLAY_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--scale <factor>',
    description: 'add this much of each change; every changed tensor is then computed',
  },
  {
    flags: '-X, --strategy-option <key=value>',
    description: 'take:<glob>=ours|theirs|base for what both sides changed',
    repeatable: true,
  },
  {
    flags: '--empty <policy>',
    description: 'what to do with a commit whose change is there already',
    choices: ['stop', 'drop', 'keep'],
  },
  { flags: '--continue', description: 'go on after conflicts are resolved' },
  { flags: '--skip', description: 'leave the waiting commit out and go on' },
  { flags: '--abort', description: 'give it up and restore what was before' },
  { flags: '--quit', description: 'forget that something waits; leave everything as it is' },
];

/** Options that cherry-pick and revert share. */
export const PICK_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-m, --mainline <number>',
    description: 'of a merge: the parent that its change is seen from, from 1',
  },
  { flags: '-n, --no-commit', description: 'change index and work tree, commit nothing' },
  { flags: '-e, --edit', description: 'change the message in an editor' },
  { flags: '--message <text>', description: 'the message, instead of what Git writes' },
  ...REPLAY_OPTIONS,
];

/** Runs `mgit cherry-pick` or `mgit revert`. */
export async function runPick(
  context: CliContext,
  repository: Repository,
  request: { readonly operation: 'cherry-pick' | 'revert'; readonly input: CommandInput },
): Promise<CommandOutcome> {
  const { operation, input } = request;
  const waiting = await endOrContinue(context, repository, request);
  if (waiting !== undefined) return waiting;
  const revisions = listArgument(input, 0);
  if (revisions.length === 0)
    throw new MgitError('USAGE', `${operation} what?`, {
      hint: `name a commit: mgit ${operation} <revision>`,
    });
  const options = { ...pickOptions(context, repository, input), revisions };
  if (input.options.commit === false)
    return stagedOutcome(context.io, await stagePicks(repository, operation, options));
  return replayOutcome(context.io, await pickCommits(repository, operation, options));
}

function pickOptions(
  context: CliContext,
  repository: Repository,
  input: CommandInput,
): Omit<PickOptions, 'revisions'> {
  const mainline = textOption(input, 'mainline');
  if (mainline !== undefined && !/^[1-9]\d*$/.test(mainline))
    throw new MgitError('USAGE', `-m ${mainline} is no number of a parent`, {
      hint: 'parents count from 1; the message is given with --message',
    });
  return {
    ...changeOptions(context, repository, input),
    ...(mainline === undefined ? {} : { mainline: Number(mainline) }),
    recordOrigin: flagOption(input, 'x'),
    fastForward: flagOption(input, 'ff'),
  };
}

/** What {@link REPLAY_OPTIONS} say of a change. */
export function changeOptions(context: CliContext, repository: Repository, input: CommandInput) {
  const empty = textOption(input, 'empty') as EmptyPolicy | undefined;
  return {
    ...messageOptions(context, repository, input),
    scale: parseScale(textOption(input, 'scale')),
    given: listOption(input, 'strategyOption'),
    ...(empty === undefined ? {} : { empty }),
  };
}

function messageOptions(context: CliContext, repository: Repository, input: CommandInput) {
  const message = textOption(input, 'message');
  const edit = (draft: string): Promise<string> => editMessage(repository, draft);
  return {
    ...longOperation(context),
    ...(message === undefined ? {} : { message: `${message}\n` }),
    ...(flagOption(input, 'edit') ? { edit } : {}),
  };
}

/** What ends or continues a waiting sequence; undefined where a new one begins. */
export async function endOrContinue(
  context: CliContext,
  repository: Repository,
  { operation, input }: { readonly operation: ReplayOperation; readonly input: CommandInput },
): Promise<CommandOutcome | undefined> {
  const asked = (['continue', 'skip', 'abort', 'quit'] as const).filter(name => flagOption(input, name));
  if (asked.length > 1)
    throw new MgitError('USAGE', `choose one of ${asked.map(name => `--${name}`).join(', ')}`);
  const [way] = asked;
  if (way === undefined) return undefined;
  if (way === 'abort' || way === 'quit') {
    const ended = await (way === 'abort'
      ? abortReplay(repository, operation, longOperation(context))
      : quitReplay(repository, operation));
    const { target, origin } = ended;
    const human = way === 'abort' ? `The ${operation} is given up.` : `The ${operation} is forgotten.`;
    return {
      json: jsonValue({ kind: way === 'abort' ? 'aborted' : 'forgotten', operation, target, tip: origin }),
      human,
    };
  }
  const given = listOption(input, 'strategyOption');
  const options = { ...messageOptions(context, repository, input), operation, given };
  return replayOutcome(
    context.io,
    await (way === 'skip' ? skipReplay(repository, options) : continueReplay(repository, options)),
  );
}
