import { MgitError } from '../../base/errors.ts';
import { subjectOf } from '../../ops/history/commit.ts';
import type { Repository } from '../../ops/repository.ts';
import { type SwitchOptions, type SwitchResult, switchTo } from '../../ops/worktree/switch.ts';
import { type CommandOutcome, type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'switch',
  summary: 'go to a branch',
  description:
    'Local changes to files that do not differ between the branches are kept; others are never overwritten.',
  arguments: [
    {
      name: '[target]',
      description:
        'a branch; "-" is the one before; with -c where the new one starts; with --detach any revision',
    },
  ],
  options: [
    { flags: '-c, --create <name>', description: 'make a branch and go there' },
    { flags: '--force-create <name>', description: 'the same, moving a branch that exists' },
    { flags: '--detach', description: 'look at a commit without a branch' },
    { flags: '--discard-changes', description: 'throw local changes away' },
  ],
  example: 'mgit switch -c better-digits',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const create = textOption(input, 'create') ?? textOption(input, 'forceCreate');
      const target = textArgument(input, 0);
      if (create === undefined && target === undefined)
        throw new MgitError('USAGE', 'name a branch', { hint: 'or make one with "mgit switch -c <name>"' });
      return switchOutcome(repository, {
        ...longOperation(context),
        target,
        ...(create === undefined ? {} : { create }),
        forceCreate: textOption(input, 'forceCreate') !== undefined,
        detach: flagOption(input, 'detach'),
        discard: flagOption(input, 'discardChanges'),
      });
    }),
};

/** Switches and says where HEAD is now. */
export async function switchOutcome(repository: Repository, options: SwitchOptions): Promise<CommandOutcome> {
  const result = await switchTo(repository, options);
  const { head, created, written, removed } = result;
  const branch = head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : null;
  return {
    json: { branch, commit: head.commit ?? null, created, written, removed },
    human: await switchedText(repository, result),
  };
}

async function switchedText(repository: Repository, { head, created }: SwitchResult): Promise<string> {
  if (head.kind === 'branch') {
    const name = head.ref.replace(/^refs\/heads\//, '');
    return created ? `Switched to a new branch '${name}'` : `Switched to branch '${name}'`;
  }
  const commit = await repository.history.readCommit(head.commit);
  return `HEAD is now at ${await repository.history.abbreviate(head.commit)} ${subjectOf(commit.message)}`;
}
