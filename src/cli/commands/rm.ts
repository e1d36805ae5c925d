import { removePaths } from '../../ops/worktree/remove.ts';
import { type CommandSpec, flagOption, listArgument } from '../command.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'rm',
  summary: 'remove files from the work tree and the index',
  arguments: [{ name: '<paths...>', description: 'files or globs; folders with -r' }],
  options: [
    { flags: '--cached', description: 'from the index only' },
    { flags: '-r, --recursive', description: 'folders, too' },
    { flags: '-f, --force', description: 'files with local changes, too' },
  ],
  example: 'mgit rm old.safetensors',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const removed = await removePaths(repository, {
        cwd: context.cwd,
        paths: listArgument(input, 0),
        cached: flagOption(input, 'cached'),
        recursive: flagOption(input, 'recursive'),
        force: flagOption(input, 'force'),
      });
      return { json: { removed }, human: removed.map(path => `rm '${path}'`).join('\n') };
    }),
};
