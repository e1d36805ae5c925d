import { purgeExtents } from '../../ops/maintenance/purge.ts';
import { type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonValue } from '../json.ts';
import { purgeText } from '../views/purge.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'purge',
  summary: 'take tensors down for good, here and on remotes that lie on a path',
  description:
    'Says which commits, branches and files need them, and what is out of reach. Without --yes nothing changes, and the exit status is 1. What is computed from them is stored once more first. Afterwards they are EXTENT_PURGED, and neither fetched nor added again.',
  arguments: [{ name: '<target>', description: 'a digest, or <revision>:<path> for all tensors of a model' }],
  options: [
    { flags: '--tensor <name>', description: 'only this tensor of the model' },
    { flags: '--reason <text>', description: 'shown to whoever asks for it later' },
    { flags: '--yes', description: 'do it: there is no way back' },
    { flags: '--force', description: 'even where the tip of a protected branch needs it' },
  ],
  example: 'mgit purge HEAD~2:model.safetensors --tensor embed.weight --reason "private data" --yes',
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await purgeExtents(repository, {
        ...longOperation(context),
        what: textArgument(input, 0) ?? '',
        tensor: textOption(input, 'tensor'),
        reason: textOption(input, 'reason'),
        cwd: context.cwd,
        isConfirmed: flagOption(input, 'yes'),
        force: flagOption(input, 'force'),
      });
      return {
        json: jsonValue(result),
        human: purgeText(result),
        exitCode: result.isDone ? EXIT.done : EXIT.failed,
      };
    }),
};
