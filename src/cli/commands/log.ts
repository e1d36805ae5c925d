import { MgitError } from '../../base/errors.ts';
import { decorations, type LogOptions, readLog } from '../../ops/history/log.ts';
import { splitRevisions } from '../../ops/history/revision-arguments.ts';
import type { Repository } from '../../ops/repository.ts';
import type { Commit } from '../../store/history/history.ts';
import {
  type CommandInput,
  type CommandSpec,
  flagOption,
  listArgument,
  listOption,
  textOption,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { commitJson, commitText, onelineText } from '../views/commit.ts';
import { graphDrawer } from '../views/graph.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'log',
  summary: 'the history of commits',
  arguments: [
    { name: '[revisions...]', description: 'revisions or ranges (a..b), then paths; "--" tells them apart' },
  ],
  options: [
    { flags: '--graph', description: 'draw the lines of development' },
    { flags: '--oneline', description: 'one line per commit' },
    {
      flags: '-n, --max-count <number>',
      description: 'this many commits at most; -<number> is short for it',
    },
    { flags: '--all', description: 'from every branch and tag' },
    {
      flags: '--tensor <glob>',
      description: 'only commits that changed a tensor of this name',
      repeatable: true,
    },
    { flags: '--first-parent', description: 'of a merge follow the branch merged into' },
  ],
  example: 'mgit log --graph --oneline -n 10',
  run: (context, input) =>
    withRepository(context, async repository => {
      const commits: Commit[] = [];
      for await (const commit of readLog(repository, await logOptions(repository, context, input)))
        commits.push(commit);
      if (context.globals.json || context.globals.jsonStream)
        return { json: { commits: commits.map(commitJson) }, human: '' };
      return { json: null, human: await logText(repository, { commits, context, input }) };
    }),
};

async function logOptions(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<LogOptions> {
  const words = listArgument(input, 0);
  const isCount = (word: string): boolean => /^-\d+$/.test(word);
  const { revisions, paths } = await splitRevisions(repository, {
    cwd: context.cwd,
    words: words.filter(word => !isCount(word)),
    afterDashes: input.afterDashes,
  });
  const count = textOption(input, 'maxCount') ?? words.findLast(isCount)?.slice(1);
  if (count !== undefined && !/^\d+$/.test(count)) throw new MgitError('USAGE', `not a number: ${count}`);
  return {
    cwd: context.cwd,
    revisions,
    paths,
    tensors: listOption(input, 'tensor'),
    all: flagOption(input, 'all'),
    firstParent: flagOption(input, 'firstParent'),
    signal: context.signal,
    ...(count === undefined ? {} : { limit: Number(count) }),
  };
}

async function logText(
  repository: Repository,
  request: {
    readonly commits: readonly Commit[];
    readonly context: CliContext;
    readonly input: CommandInput;
  },
): Promise<string> {
  const { io } = request.context;
  const names = await decorations(repository);
  const oneline = flagOption(request.input, 'oneline');
  const graph = flagOption(request.input, 'graph') ? graphDrawer() : undefined;
  const ids = request.commits.map(commit => commit.id);
  const shown = oneline ? await repository.history.abbreviateCommits(ids) : ids;
  const blocks: string[] = [];
  for (const [at, commit] of request.commits.entries()) {
    const own = names.get(commit.id) ?? [];
    const id = shown[at] ?? commit.id;
    const text = oneline ? onelineText(io, commit, { id, names: own }) : commitText(io, commit, own);
    const isLast = commit === request.commits.at(-1);
    const lines = [...text.split('\n'), ...(oneline || isLast ? [] : [''])];
    blocks.push(...(graph ? graph({ id: commit.id, parents: commit.parents, lines }) : lines));
  }
  return blocks.join('\n');
}
