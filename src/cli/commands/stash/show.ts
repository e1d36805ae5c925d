import { diffFiles } from '../../../ops/diff/diff.ts';
import type { FileDiff } from '../../../ops/diff/file-diff.ts';
import { findStash, readStash } from '../../../ops/stash/stash-entry.ts';
import { type CommandSpec, flagOption, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { diffView, statView } from '../../views/diff.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'show',
  summary: 'what a stash changed',
  arguments: [{ name: '[stash]', description: 'stash@{n} or n; default: the newest' }],
  options: [{ flags: '-p, --patch', description: 'every tensor, and the lines of other files' }],
  example: 'mgit stash show -p stash@{1}',
  run: (context, input) =>
    withRepository(context, async repository => {
      const entry = await findStash(repository, textArgument(input, 0));
      const { base } = await readStash(repository, entry.commit);
      const files: FileDiff[] = [];
      const request = { ...longOperation(context), cwd: context.cwd, paths: [], tensors: [] };
      for await (const diff of diffFiles(repository, { ...request, revisions: [base.id, entry.commit] }))
        files.push(diff);
      const view = flagOption(input, 'patch') ? diffView : statView;
      const gap = flagOption(input, 'patch') ? '\n\n' : '\n';
      return {
        json: jsonValue({ stash: entry, files }),
        human: files.map(diff => view(context.io, diff)).join(gap),
      };
    }),
};
