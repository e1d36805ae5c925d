import { type RevisionPath, splitRevisionPath } from '../../ops/content/revision-path.ts';
import { diffFiles, diffTwoFiles } from '../../ops/diff/diff.ts';
import type { FileDiff } from '../../ops/diff/file-diff.ts';
import { splitRevisions } from '../../ops/history/revision-arguments.ts';
import type { Repository } from '../../ops/repository.ts';
import { type CommandInput, type CommandSpec, flagOption, listArgument, listOption } from '../command.ts';
import type { CliContext } from '../context.ts';
import { jsonValue } from '../json.ts';
import { diffView, statView } from '../views/diff.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'diff',
  summary: 'show how far each tensor moved, and the lines that changed in other files',
  description:
    'Without a revision: the work tree against the index; with one: the work tree against it; with two, or a..b: one against the other. Two files, each as <revision>:<path>, may have other names and formats; tensors are matched by their names, which may be spelt differently (names in mgit.yaml).',
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
      const files = await compared(repository, context, input);
      const view = flagOption(input, 'stat') ? statView : diffView;
      const gap = flagOption(input, 'stat') ? '\n' : '\n\n';
      return { json: jsonValue({ files }), human: files.map(diff => view(context.io, diff)).join(gap) };
    }),
};

async function compared(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<readonly FileDiff[]> {
  const words = listArgument(input, 0);
  const options = { ...longOperation(context), cwd: context.cwd, tensors: listOption(input, 'tensor') };
  const pair = twoFiles(words);
  if (pair) return [await diffTwoFiles(repository, pair, options)];
  const typed = { cwd: context.cwd, words, afterDashes: input.afterDashes };
  const request = {
    ...options,
    ...(await splitRevisions(repository, typed)),
    staged: flagOption(input, 'staged') || flagOption(input, 'cached'),
  };
  const files: FileDiff[] = [];
  for await (const diff of diffFiles(repository, request)) files.push(diff);
  return files;
}

/** Two words of the form `<revision>:<path>`. */
function twoFiles(words: readonly string[]): readonly [RevisionPath, RevisionPath] | undefined {
  const [before, after, ...more] = words.map(splitRevisionPath);
  if (before?.path === undefined || after?.path === undefined || more.length > 0) return undefined;
  return [
    { ...before, path: before.path },
    { ...after, path: after.path },
  ];
}
