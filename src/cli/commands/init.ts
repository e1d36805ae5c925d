import { resolve } from 'node:path';
import { initRepository } from '../../ops/repository.ts';
import { type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';

export const command: CommandSpec = {
  name: 'init',
  summary: 'make a repository',
  description:
    'The repository is a Git repository: git works in it, too. Models are filtered, shown and merged by mgit from here on.',
  arguments: [{ name: '[dir]', description: 'where (default: here)' }],
  options: [
    { flags: '--bare', description: 'without a work tree, to push to' },
    {
      flags: '-b, --initial-branch <name>',
      description: 'the first branch (default: init.defaultBranch, else main)',
    },
  ],
  example: 'mgit init my-model',
  confirms: true,
  run: async (context, input) => {
    const bare = flagOption(input, 'bare');
    const initialBranch = textOption(input, 'initialBranch');
    const repository = await initRepository(context.ports, {
      directory: resolve(context.cwd, textArgument(input, 0) ?? '.'),
      bare,
      ...(initialBranch === undefined ? {} : { initialBranch }),
    });
    await using _closing = repository;
    const { gitDirectory, workTree } = repository.history;
    return {
      json: { gitDirectory, workTree: workTree ?? null, bare },
      human: `Initialized ${bare ? 'bare ' : ''}mgit repository in ${gitDirectory}`,
    };
  },
};
