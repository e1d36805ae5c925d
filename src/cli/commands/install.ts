import { MgitError } from '../../base/errors.ts';
import { DRIVER_SETTINGS, installDrivers } from '../../ops/install.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'install',
  summary: 'let plain git work on models: filter, diff and merge drivers',
  description: '"mgit init" and "mgit clone" do it for their repository.',
  options: [
    { flags: '--local', description: 'for this repository (the default)' },
    { flags: '--global', description: 'for all repositories of yours' },
  ],
  example: 'mgit install --global',
  run: (context, input) =>
    withRepository(context, async repository => {
      if (flagOption(input, 'local') && flagOption(input, 'global'))
        throw new MgitError('USAGE', 'choose one of --local and --global');
      const scope = flagOption(input, 'global') ? 'global' : 'local';
      await installDrivers(repository, scope);
      const where = scope === 'global' ? 'for all your repositories' : 'in this repository';
      return {
        json: { scope, settings: Object.fromEntries(DRIVER_SETTINGS) },
        human: `Git filters and merges models through mgit ${where}.`,
      };
    }),
};
