import type { CommandSpec } from '../command.ts';
import { PICK_OPTIONS, runPick } from '../replay-command.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'cherry-pick',
  summary: 'add the change of other commits to the current branch',
  description:
    'Tensors that are here as they were before the change become what they were after it, exactly. Others get the difference added, times --scale.',
  arguments: [{ name: '[revisions...]', description: 'commits, and ranges such as main..topic' }],
  options: [
    ...PICK_OPTIONS,
    { flags: '-x', description: 'name the picked commit in the message' },
    { flags: '--ff', description: 'keep a commit that continues HEAD as it is' },
  ],
  example: 'mgit cherry-pick better-digits --scale 0.5',
  confirms: true,
  run: (context, input) =>
    withRepository(context, repository => runPick(context, repository, { operation: 'cherry-pick', input })),
};
