import { track } from '../../ops/worktree/track.ts';
import { type CommandSpec, listArgument } from '../command.ts';
import { jsonValue } from '../json.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'track',
  summary: 'declare which files are models',
  description:
    'Writes a line per glob to .gitattributes at the root. Without globs: prints those that are there.',
  arguments: [{ name: '[globs...]', description: 'patterns of .gitattributes; quote them' }],
  example: "mgit track '*.safetensors'",
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const globs = listArgument(input, 0);
      const result = await track(repository, globs);
      const changed = new Set(result.changed);
      const told = globs.map(glob => (changed.has(glob) ? `Tracking ${glob}` : `${glob} is tracked already`));
      return { json: jsonValue(result), human: (globs.length > 0 ? told : result.tracked).join('\n') };
    }),
};
