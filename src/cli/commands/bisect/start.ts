import { startBisect } from '../../../ops/bisect/bisect.ts';
import { type CommandSpec, flagOption, listArgument } from '../../command.ts';
import { stepOutcome } from '../../views/bisect.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'start',
  summary: 'begin, with a bad commit and good ones where they are known',
  arguments: [
    { name: '[revisions...]', description: 'the bad commit, then good ones; paths that count after "--"' },
  ],
  options: [{ flags: '--first-parent', description: 'of a merge follow the branch merged into' }],
  example: 'mgit bisect start HEAD v1.0 -- model.safetensors',
  run: (context, input) =>
    withRepository(context, async repository => {
      const words = listArgument(input, 0);
      const paths = input.afterDashes ?? [];
      const [bad, ...good] = words.slice(0, words.length - paths.length);
      const step = await startBisect(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        good,
        paths,
        firstParent: flagOption(input, 'firstParent'),
        ...(bad === undefined ? {} : { bad }),
      });
      return stepOutcome(context.io, step);
    }),
};
