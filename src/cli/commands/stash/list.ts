import { listStashes } from '../../../ops/stash/stash-entry.ts';
import type { CommandSpec } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'list',
  summary: 'the stashes there are, the newest first',
  example: 'mgit stash list',
  run: context =>
    withRepository(context, async repository => {
      const stashes = await listStashes(repository);
      return {
        json: jsonValue({ stashes }),
        human: stashes.map(({ name, message }) => `${name}: ${message}`).join('\n'),
      };
    }),
};
