import { undoLast } from '../../ops/history/undo.ts';
import type { CommandSpec } from '../command.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'undo',
  summary: 'reverse the last mgit command that moved a branch, a tag or HEAD',
  description:
    'A commit comes off its branch and stays staged; what mgit wrote itself (a merge, an average, a training, an adapted model) leaves the work tree again. A second undo goes further back.',
  example: 'mgit undo',
  confirms: true,
  run: context =>
    withRepository(context, async repository => {
      const operation = await undoLast(repository, longOperation(context));
      return { json: { undone: jsonValue(operation) }, human: `Undid: ${operation.command}` };
    }),
};
