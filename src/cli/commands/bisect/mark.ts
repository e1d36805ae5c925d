import { type Mark, markCommits } from '../../../ops/bisect/bisect.ts';
import { type CommandSpec, listArgument } from '../../command.ts';
import { stepOutcome } from '../../views/bisect.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

/** `mgit bisect good` and its like: one idea, three words. */
export const good = marking('good', 'say that commits do not have what is searched', 'mgit bisect good v1.0');
export const bad = marking('bad', 'say that a commit has what is searched', 'mgit bisect bad');
export const skip = marking('skip', 'say that commits cannot be tested', 'mgit bisect skip v1.1..v1.2');

function marking(kind: Mark, summary: string, example: string): CommandSpec {
  return {
    name: kind,
    summary,
    arguments: [{ name: '[revisions...]', description: 'default: HEAD' }],
    example,
    run: (context, input) =>
      withRepository(context, async repository => {
        const mark = { kind, revisions: listArgument(input, 0) };
        return stepOutcome(context.io, await markCommits(repository, mark, longOperation(context)));
      }),
  };
}
