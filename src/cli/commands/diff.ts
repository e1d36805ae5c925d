import { diffFiles } from '../../ops/diff/diff.ts';
import type { FileDiff } from '../../ops/diff/file-diff.ts';
import { splitRevisions } from '../../ops/history/revision-arguments.ts';
import { type CommandSpec, flagOption, listArgument, listOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { diffView, statView } from '../views/diff.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'diff',
  summary: 'show how far each tensor moved, and the lines that changed in other files',
  description:
    'Without a revision: the work tree against the index; with one: the work tree against it; with two, or a..b: one against the other.',
  arguments: [
    { name: '[revisions-and-paths...]', description: 'up to two revisions, or a..b, then paths (after --)' },
  ],
  options: [
    { flags: '--staged', description: 'the index against a commit (default HEAD)' },
    { flags: '--cached', description: 'the same as --staged' },
    {
      flags: '--tensor <glob>',
      description: 'only models, and of them only these tensors',
      repeatable: true,
    },
    { flags: '--stat', description: 'a summary: per file, and per block of a model' },
  ],
  example: "mgit diff main better-digits --tensor 'encoder.*'",
  run: (context, input) =>
    withRepository(context, async repository => {
      const typed = { cwd: context.cwd, words: listArgument(input, 0), afterDashes: input.afterDashes };
      const request = {
        ...longOperation(context),
        ...(await splitRevisions(repository, typed)),
        cwd: context.cwd,
        staged: flagOption(input, 'staged') || flagOption(input, 'cached'),
        tensors: listOption(input, 'tensor'),
      };
      const files: FileDiff[] = [];
      for await (const diff of diffFiles(repository, request)) files.push(diff);
      const view = flagOption(input, 'stat') ? statView : diffView;
      const gap = flagOption(input, 'stat') ? '\n' : '\n\n';
      return { json: jsonValue({ files }), human: files.map(diff => view(context.io, diff)).join(gap) };
    }),
};
