import { clearStashes } from '../../../ops/stash/drop.ts';
import type { CommandSpec } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'clear',
  summary: 'take all stashes off the list',
  example: 'mgit stash clear',
  confirms: true,
  run: context =>
    withRepository(context, async repository => {
      const dropped = await clearStashes(repository);
      const lines = dropped.map(entry => `Dropped ${entry.name} (${entry.commit})`);
      return { json: jsonValue({ dropped }), human: lines.join('\n') };
    }),
};
