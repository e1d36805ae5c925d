import { untrack } from '../../ops/worktree/track.ts';
import { type CommandSpec, listArgument } from '../command.ts';
import { jsonValue } from '../json.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'untrack',
  summary: 'take globs of models out of .gitattributes',
  arguments: [{ name: '<globs...>', description: 'as "mgit track" lists them' }],
  example: "mgit untrack '*.safetensors'",
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await untrack(repository, listArgument(input, 0));
      return { json: jsonValue(result), human: result.changed.map(glob => `Untracking ${glob}`).join('\n') };
    }),
};
