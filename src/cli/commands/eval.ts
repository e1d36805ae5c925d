import { MgitError } from '../../base/errors.ts';
import { type EvaluateRevisionsResult, evaluateRevisions } from '../../ops/training/evaluate.ts';
import { type CommandInput, type CommandSpec, listArgument, textOption } from '../command.ts';
import { table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'eval',
  summary: 'evaluate revisions side by side, with intervals',
  description:
    'Model, config, task and data come from mgit.yaml unless they are given. Outcomes are cached by content. The 95 % intervals describe each model alone; the gate compares models item by item, which tells smaller differences.',
  arguments: [{ name: '<revisions...>', description: 'commits, branches or tags' }],
  options: [
    { flags: '--task <name>', description: 'image-classification' },
    { flags: '--data <path>', description: 'a folder with IDX or CIFAR-10 binary files' },
    {
      flags: '--split <name>',
      description: 'which part of the data (default test)',
      choices: ['train', 'test'],
    },
    { flags: '--limit <n>', description: 'only the first n items' },
    { flags: '--model <path>', description: 'the path of the model in the revisions' },
    { flags: '--config <path>', description: 'the path of its config.json in the revisions' },
  ],
  example: 'mgit eval main better-digits --data data/mnist',
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await evaluateRevisions(repository, {
        ...longOperation(context),
        ...wishOf(input),
        revisions: listArgument(input, 0),
      });
      return { json: jsonValue(result), human: evaluationTable(result) };
    }),
};

function wishOf(input: CommandInput) {
  const wish = ['task', 'data', 'model', 'config'].flatMap(name => {
    const value = textOption(input, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const [split, limit] = [textOption(input, 'split'), textOption(input, 'limit')];
  return {
    ...Object.fromEntries(wish),
    ...(split === undefined ? {} : { split: split === 'train' ? ('train' as const) : ('test' as const) }),
    ...(limit === undefined ? {} : { limit: limitOf(limit) }),
  };
}

function limitOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new MgitError('USAGE', `--limit takes a positive integer, not ${JSON.stringify(text)}`);
}

function evaluationTable({ revisions }: EvaluateRevisionsResult): string {
  const names = Object.keys(revisions[0]?.metrics ?? {});
  const head = ['revision', ...names.flatMap(name => [name, '95 % interval']), 'items'];
  const rows = revisions.map(({ revision, metrics, items }) => [
    revision,
    ...names.flatMap(name => {
      const interval = metrics[name];
      if (interval === undefined) return ['', ''];
      const [value, lower, upper] = [interval.estimate, interval.lower, interval.upper].map(number =>
        number.toFixed(4),
      );
      return [`${value}`, `[${lower}, ${upper}]`];
    }),
    String(items),
  ]);
  return table([head, ...rows], ['left', ...names.flatMap(() => ['right', 'right'] as const), 'right']);
}
