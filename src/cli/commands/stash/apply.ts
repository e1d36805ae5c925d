import { applyStash } from '../../../ops/stash/apply.ts';
import { findStash } from '../../../ops/stash/stash-entry.ts';
import { type CommandSpec, flagOption, textArgument } from '../../command.ts';
import { stashAppliedOutcome } from '../../views/stash.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'apply',
  summary: 'bring a stash back and keep it on the list',
  description:
    'What changed here, too, is merged; a tensor that both changed is a conflict (exit status 4), to be resolved with "mgit restore --source" and "mgit add".',
  arguments: [{ name: '[stash]', description: 'stash@{n}, n, or any stash commit; default: the newest' }],
  options: [{ flags: '--index', description: 'stage again what was staged' }],
  example: 'mgit stash apply stash@{1}',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const entry = await findStash(repository, textArgument(input, 0));
      const index = flagOption(input, 'index');
      return stashAppliedOutcome(await applyStash(repository, entry, { ...longOperation(context), index }));
    }),
};
