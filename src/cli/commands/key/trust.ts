import { relative } from 'node:path';
import { DEFAULT_KEYS_FOLDER, trustKey } from '../../../ops/gate/keys.ts';
import { type CommandSpec, textArgument, textOption } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { withRepository } from '../../with-repository.ts';

export const trust: CommandSpec = {
  name: 'trust',
  summary: 'copy a public key into the folder of trusted keys, to be committed and landed',
  description:
    'A key counts once it is in the tip of the protected branch; what brings it there is judged by the keys before it.',
  arguments: [{ name: '<name|file>', description: "one of your keys, or somebody's public key (SPKI, PEM)" }],
  options: [{ flags: '--folder <path>', description: `default: ${DEFAULT_KEYS_FOLDER}` }],
  example: 'mgit key trust laptop',
  run: (context, input) =>
    withRepository(context, async repository => {
      const folder = textOption(input, 'folder') ?? DEFAULT_KEYS_FOLDER;
      const path = relative(
        repository.workTree,
        await trustKey(repository, textArgument(input, 0) ?? '', folder),
      );
      const shown = path.replaceAll('\\', '/');
      return {
        json: jsonValue({ path: shown }),
        human: `wrote ${shown}; commit it, and land it on the protected branch`,
      };
    }),
};
