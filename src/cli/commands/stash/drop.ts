import { discardStash } from '../../../ops/stash/drop.ts';
import { findStash } from '../../../ops/stash/stash-entry.ts';
import { type CommandSpec, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'drop',
  summary: 'take a stash off the list',
  arguments: [{ name: '[stash]', description: 'stash@{n} or n; default: the newest' }],
  example: 'mgit stash drop stash@{2}',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const entry = await findStash(repository, textArgument(input, 0));
      await discardStash(repository, entry);
      return { json: jsonValue({ dropped: entry }), human: `Dropped ${entry.name} (${entry.commit})` };
    }),
};
