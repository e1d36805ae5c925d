import { checkRepository } from '../../ops/maintenance/fsck.ts';
import type { Repository } from '../../ops/repository.ts';
import { defaultRemote } from '../../ops/transfer/upstream.ts';
import { remoteNames } from '../../remote/remote.ts';
import { type CommandInput, type CommandSpec, flagOption } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonValue } from '../json.ts';
import { fsckText } from '../views/fsck.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'fsck',
  summary: 'check that every tensor, manifest and commit is whole, and mend what can be mended',
  description:
    'Says which files, tensors, commits and branches each problem touches. --repair copies what is whole out of damaged packs, takes the rest from other packs, the work tree and a remote, and then moves damaged packs to quarantine.',
  options: [
    {
      flags: '--repair [remote]',
      description: 'mend; missing data comes from this remote, or the usual one',
    },
    { flags: '--connectivity-only', description: 'look only whether everything is there' },
  ],
  example: 'mgit fsck --repair origin',
  run: (context, input) =>
    withRepository(context, async repository => {
      const repair = await repairOption(repository, input);
      const result = await checkRepository(repository, {
        ...longOperation(context),
        connectivityOnly: flagOption(input, 'connectivityOnly'),
        ...(repair ? { repair } : {}),
      });
      const isWhole = result.problems.every(({ level }) => level === 'note');
      return {
        json: jsonValue(result),
        human: fsckText(context.io, result),
        exitCode: isWhole ? EXIT.done : EXIT.failed,
      };
    }),
};

/** Without a remote named, the usual one, if there is one. */
async function repairOption(
  { history }: Repository,
  input: CommandInput,
): Promise<{ readonly remote: string | undefined } | undefined> {
  const value = input.options.repair;
  if (typeof value === 'string') return { remote: value };
  if (value !== true) return undefined;
  const usual = await defaultRemote(history);
  return { remote: (await remoteNames(history)).includes(usual) ? usual : undefined };
}
