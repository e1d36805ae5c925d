import { pushStash } from '../../../ops/stash/push.ts';
import { type CommandSpec, flagOption, listArgument, textOption } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

/** What a bare `mgit stash` does, too. */
export const run: NonNullable<CommandSpec['run']> = (context, input) =>
  withRepository(context, async repository => {
    const message = textOption(input, 'message');
    const entry = await pushStash(repository, {
      ...longOperation(context),
      cwd: context.cwd,
      paths: listArgument(input, 0),
      untracked: flagOption(input, 'includeUntracked'),
      keepIndex: flagOption(input, 'keepIndex'),
      ...(message === undefined ? {} : { message }),
    });
    return {
      json: jsonValue({ stash: entry ?? null }),
      human: entry ? `Saved working directory and index state ${entry.message}` : 'No local changes to save',
    };
  });

export const command: CommandSpec = {
  name: 'push',
  summary: 'put changes away and go back to HEAD',
  arguments: [{ name: '[paths...]', description: 'only these; without, everything' }],
  options: [
    { flags: '-m, --message <text>', description: 'what it is' },
    { flags: '-u, --include-untracked', description: 'untracked files, too' },
    { flags: '-k, --keep-index', description: 'leave what is staged' },
  ],
  example: 'mgit stash push -u -m "half an idea" model.safetensors',
  confirms: true,
  run,
};
