import { MgitError } from '../../base/errors.ts';
import { DRIVER_SETTINGS, installDrivers } from '../../ops/install.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'install',
  summary: 'let plain git work on models: filter, diff and merge drivers',
  description:
    'Writes filter.mgit, diff.mgit and merge.mgit, and touches neither hooks nor other filters. "mgit init", "mgit clone" and "mgit import --from-lfs" do it for their repository.',
  options: [
    { flags: '--local', description: 'for this repository (the default)' },
    { flags: '--global', description: 'for all repositories of yours' },
    { flags: '-f, --force', description: 'replace settings of yours that say something else' },
  ],
  example: 'mgit install --global',
  run: (context, input) =>
    withRepository(context, async repository => {
      if (flagOption(input, 'local') && flagOption(input, 'global'))
        throw new MgitError('USAGE', 'choose one of --local and --global');
      const scope = flagOption(input, 'global') ? 'global' : 'local';
      const kept = await installDrivers(repository, scope, flagOption(input, 'force'));
      for (const { key, value } of kept)
        context.onEvent({
          type: 'warning',
          code: 'SETTING_KEPT',
          message: `${key} stays what you have set: ${value}`,
          hint: 'use --force to replace it',
        });
      const where = scope === 'global' ? 'for all your repositories' : 'in this repository';
      return {
        json: { scope, settings: Object.fromEntries(DRIVER_SETTINGS), kept: kept.map(jsonValue) },
        human: `Git filters and merges models through mgit ${where}.`,
      };
    }),
};
