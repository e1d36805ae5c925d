import { resolve } from 'node:path';
import { applyPatch } from '../../../ops/patch/apply.ts';
import { type CommandSpec, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { printable } from '../../views/printable.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'apply',
  summary: 'put the commits of a patch on top of the current branch',
  description:
    'Refused, before anything moves, where a file that it changes is not as its base had it. On its very base the commits keep their ids. "mgit undo" takes them off again.',
  arguments: [{ name: '<file>', description: 'a patch' }],
  example: 'mgit patch apply topic.mpatch',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const path = resolve(context.cwd, textArgument(input, 0) ?? '');
      const applied = await applyPatch(repository, { ...longOperation(context), path });
      const lines = applied.commits.map(
        ({ commit, subject }) => `${commit.slice(0, 7)} ${printable(subject)}`,
      );
      return {
        json: jsonValue(applied),
        human: [...lines, `${applied.files} files changed`].join('\n'),
      };
    }),
};
