import { applyStash } from '../../../ops/stash/apply.ts';
import { findStash } from '../../../ops/stash/stash-entry.ts';
import { type CommandSpec, flagOption, textArgument } from '../../command.ts';
import { stashAppliedOutcome } from '../../views/stash.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'pop',
  summary: 'bring a stash back and take it off the list',
  description: 'With conflicts (exit status 4) it stays on the list.',
  arguments: [{ name: '[stash]', description: 'stash@{n} or n; default: the newest' }],
  options: [{ flags: '--index', description: 'stage again what was staged' }],
  example: 'mgit stash pop',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const entry = await findStash(repository, textArgument(input, 0));
      const options = { ...longOperation(context), index: flagOption(input, 'index'), drop: true };
      return stashAppliedOutcome(await applyStash(repository, entry, options));
    }),
};
