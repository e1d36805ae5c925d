import { MgitError } from '../../base/errors.ts';
import { rebaseBranch } from '../../ops/replay/rebase.ts';
import type { Repository } from '../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  textArgument,
  textOption,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { changeOptions, endOrContinue, REPLAY_OPTIONS } from '../replay-command.ts';
import { replayOutcome } from '../views/replay.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'rebase',
  summary: 'replay the commits of a branch on another one',
  description:
    'Each commit becomes a new one on the other branch: what it changed in tensors is added there. The branch moves once, when all are made.',
  arguments: [
    { name: '[upstream]', description: 'the branch or commit to continue; commits that it has are left out' },
    {
      name: '[branch]',
      description: 'the branch to rebase (default: the current one); HEAD is on it in the end',
    },
  ],
  options: [
    { flags: '--onto <revision>', description: 'continue this commit instead of the upstream' },
    { flags: '-f, --force-rebase', description: 'make every commit anew, also those that could stay' },
    ...REPLAY_OPTIONS,
  ],
  example: 'mgit rebase main',
  confirms: true,
  run: (context, input) => withRepository(context, repository => runRebase(context, repository, input)),
};

async function runRebase(
  context: CliContext,
  repository: Repository,
  input: CommandInput,
): Promise<CommandOutcome> {
  const waiting = await endOrContinue(context, repository, { operation: 'rebase', input });
  if (waiting !== undefined) return waiting;
  const [upstream, branch, onto] = [
    textArgument(input, 0),
    textArgument(input, 1),
    textOption(input, 'onto'),
  ];
  if (upstream === undefined)
    throw new MgitError('USAGE', 'rebase on what?', { hint: 'name a branch: mgit rebase <upstream>' });
  const outcome = await rebaseBranch(repository, {
    ...changeOptions(context, repository, input),
    upstream,
    force: flagOption(input, 'forceRebase'),
    ...(branch === undefined ? {} : { branch }),
    ...(onto === undefined ? {} : { onto }),
  });
  return replayOutcome(context.io, outcome);
}
