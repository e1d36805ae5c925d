import { resetBisect } from '../../../ops/bisect/bisect.ts';
import { type CommandSpec, textArgument } from '../../command.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'reset',
  summary: 'end, and go back to where it began',
  arguments: [{ name: '[revision]', description: 'go there instead' }],
  example: 'mgit bisect reset',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const place = await resetBisect(repository, textArgument(input, 0), longOperation(context));
      const human = place === undefined ? 'We are not bisecting.' : `Back at ${place}`;
      return { json: { at: place ?? null }, human };
    }),
};
