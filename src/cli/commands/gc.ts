import { MgitError } from '../../base/errors.ts';
import { collectGarbage } from '../../ops/maintenance/gc.ts';
import { type CommandInput, type CommandSpec, flagOption, textOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { gcText } from '../views/gc.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'gc',
  summary: 'remove tensors that no ref, reflog, index or candidate reaches',
  description:
    'What is younger than two weeks (gc.pruneExpire) stays, so that work in progress is safe. --prune=now spares nothing: use it only while nothing else works on the repository.',
  options: [
    {
      flags: '--prune <time>',
      description: 'remove what is older: now, never, 2.weeks.ago or an ISO date',
    },
    { flags: '--grace <time>', description: 'the same as an age: 3.days' },
    { flags: '-n, --dry-run', description: 'say what would go, and change nothing' },
    { flags: '--git', description: "also run git's own gc on commits and manifests" },
  ],
  example: 'mgit gc --dry-run',
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await collectGarbage(repository, {
        ...longOperation(context),
        prune: pruneOption(input),
        dryRun: flagOption(input, 'dryRun'),
        git: flagOption(input, 'git'),
      });
      return { json: jsonValue(result), human: gcText(result) };
    }),
};

function pruneOption(input: CommandInput): string | undefined {
  const [prune, grace] = [textOption(input, 'prune'), textOption(input, 'grace')];
  if (prune !== undefined && grace !== undefined)
    throw new MgitError('USAGE', '--prune and --grace say the same: give one');
  return grace === undefined ? prune : `${grace} ago`;
}
