import { MgitError } from '../../base/errors.ts';
import { movePaths } from '../../ops/worktree/move.ts';
import { type CommandSpec, flagOption, listArgument } from '../command.ts';
import { jsonValue } from '../json.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'mv',
  summary: 'move or rename files',
  arguments: [{ name: '<paths...>', description: 'sources, then the destination' }],
  options: [{ flags: '-f, --force', description: 'replace a file at the destination' }],
  example: 'mgit mv model.safetensors weights/model.safetensors',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const paths = listArgument(input, 0);
      const destination = paths.at(-1);
      if (destination === undefined || paths.length < 2)
        throw new MgitError('USAGE', 'mv needs a source and a destination');
      const moved = await movePaths(repository, {
        cwd: context.cwd,
        sources: paths.slice(0, -1),
        destination,
        force: flagOption(input, 'force'),
      });
      return { json: { moved: moved.map(jsonValue) }, human: '' };
    }),
};
