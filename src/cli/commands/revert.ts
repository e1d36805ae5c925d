import type { CommandSpec } from '../command.ts';
import { PICK_OPTIONS, runPick } from '../replay-command.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'revert',
  summary: 'take the change of earlier commits away again, in a new commit',
  description:
    'Tensors that are as the commit left them become what they were before it, exactly. From others the difference is subtracted, times --scale.',
  arguments: [{ name: '[revisions...]', description: 'commits, and ranges such as HEAD~3..HEAD' }],
  options: [
    ...PICK_OPTIONS,
    { flags: '--no-edit', description: 'no editor: the default; accepted as Git has it' },
  ],
  example: 'mgit revert HEAD~2',
  confirms: true,
  run: (context, input) =>
    withRepository(context, repository => runPick(context, repository, { operation: 'revert', input })),
};
