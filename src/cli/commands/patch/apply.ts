import { resolve } from 'node:path';
import { applyPatch } from '../../../ops/patch/apply.ts';
import { type CommandSpec, flagOption, textArgument } from '../../command.ts';
import { patchOutcome } from '../../views/patch.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'apply',
  summary: 'put the commits of a patch on top of the current branch',
  description:
    'Refused, before anything moves, where a file that it changes is not as its base had it. On its very base the commits keep their ids. "mgit undo" takes them off again.',
  arguments: [{ name: '<file>', description: 'a patch' }],
  options: [
    {
      flags: '--3way',
      description:
        'on another base, merge the change: what both sides did to a tensor is added (conflicts: exit status 4)',
    },
  ],
  example: 'mgit patch apply topic.mpatch',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const path = resolve(context.cwd, textArgument(input, 0) ?? '');
      const threeWay = flagOption(input, '3way');
      return patchOutcome(await applyPatch(repository, { ...longOperation(context), path, threeWay }));
    }),
};
