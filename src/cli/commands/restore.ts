import { restorePaths } from '../../ops/worktree/restore.ts';
import { type CommandSpec, flagOption, listArgument, textOption } from '../command.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'restore',
  summary: 'restore files of the work tree or the index',
  description: 'A manifest that stands in for a model becomes the model itself.',
  arguments: [{ name: '<paths...>', description: 'files, folders or globs' }],
  options: [
    { flags: '-S, --staged', description: 'restore the index (from HEAD)' },
    { flags: '-W, --worktree', description: 'restore the work tree (from the index); with -S both' },
    { flags: '-s, --source <revision>', description: 'take the files from here' },
  ],
  example: 'mgit restore --source HEAD~1 model.safetensors',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const source = textOption(input, 'source');
      const { restored, removed } = await restorePaths(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        paths: listArgument(input, 0),
        staged: flagOption(input, 'staged'),
        ...(flagOption(input, 'worktree') ? { workTree: true } : {}),
        ...(source === undefined ? {} : { source }),
      });
      return { json: { restored, removed }, human: '' };
    }),
};
