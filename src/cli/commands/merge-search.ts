import { MgitError } from '../../base/errors.ts';
import { type MergeSearchOptions, mergeSearch, previewSearch } from '../../ops/search/merge-search.ts';
import { SEARCHES, type SearchKind } from '../../ops/search/plan.ts';
import {
  type CommandInput,
  type CommandSpec,
  flagOption,
  listArgument,
  listOption,
  textOption,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { searchOutcome, searchPreview } from '../views/merge-search.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'merge-search',
  summary: "search the parameters of a merge on a gate's development data, then merge with the best",
  description:
    'Each trial is a merge, scored on data that the gate does not decide by. What did best is merged through the gates of the branch.\n' +
    'Trials are kept as they end: the same command goes on where it was interrupted.',
  arguments: [{ name: '<revisions...>', description: 'what to merge' }],
  options: [
    { flags: '--gate <name>', description: 'the gate of mgit.yaml whose development data is used' },
    { flags: '-s, --strategy <method>', description: 'the method for tensors that several sides changed' },
    {
      flags: '-X, --strategy-option <key=value>',
      description: 'a parameter that stays as it is, as for mgit merge',
      repeatable: true,
    },
    {
      flags: '--over <key=values>',
      description: 'a parameter to search: lambda=0.2..1.5, lambda=0.2..1.5/6 (a grid of six), lambda=0.5,1',
      repeatable: true,
    },
    { flags: '--search <kind>', description: 'how to search (default: cma-es)', choices: SEARCHES },
    { flags: '--trials <n>', description: 'trials at most (default: 50 for cma-es, else all)' },
    { flags: '--budget <time>', description: 'time for trials at most, such as 90s, 30m or 2h' },
    {
      flags: '--metric <name>',
      description: "the metric to search by (default: that of the gate's first rule)",
    },
    { flags: '--seed <n>', description: 'which points are drawn (default: 0)' },
    {
      flags: '--data <path>',
      description: 'data for methods that measure the models: one for all, or one for each, ours first',
      repeatable: true,
    },
    { flags: '--into <branch>', description: 'merge into this branch, not the current one' },
    { flags: '-m, --message <text>', description: 'the message of the merge commit' },
    { flags: '--no-merge', description: 'only search' },
    { flags: '--dry-run', description: 'say what would be searched, and try nothing' },
    {
      flags: '--allow-policy-change',
      description: 'let the merge change mgit.yaml, keys or what gates read; the report says so',
    },
  ],
  example: 'mgit merge-search math code --gate digits -s ties --over density=0.1..0.9 --trials 30',
  run: (context, input) =>
    withRepository(context, async repository => {
      const options = optionsOf(context, input);
      if (flagOption(input, 'dryRun')) return searchPreview(await previewSearch(repository, options));
      return searchOutcome(context.io, await mergeSearch(repository, options));
    }),
};

function optionsOf(context: CliContext, input: CommandInput): MergeSearchOptions {
  const gate = textOption(input, 'gate');
  if (gate === undefined)
    throw new MgitError('USAGE', 'search by which gate?', { hint: 'name a gate of mgit.yaml with --gate' });
  const texts = {
    method: textOption(input, 'strategy'),
    metric: textOption(input, 'metric'),
    into: textOption(input, 'into'),
    search: textOption(input, 'search') as SearchKind | undefined,
  };
  const numbers = {
    trials: wholeNumber(input, 'trials', 1),
    seed: wholeNumber(input, 'seed', 0),
    budget: secondsOf(textOption(input, 'budget')),
  };
  const message = textOption(input, 'message');
  return {
    ...longOperation(context),
    ...{ gate, revisions: listArgument(input, 0) },
    ...{
      given: listOption(input, 'strategyOption'),
      over: listOption(input, 'over'),
      data: listOption(input, 'data'),
    },
    ...definedOf({ ...texts, ...numbers, message: message === undefined ? undefined : `${message}\n` }),
    merge: input.options.merge !== false,
    allowPolicyChange: flagOption(input, 'allowPolicyChange'),
  };
}

type Defined<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

function definedOf<Values extends object>(values: Values): Defined<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<Values>;
}

function wholeNumber(input: CommandInput, name: string, least: number): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
  throw new MgitError(
    'USAGE',
    `--${name} takes a whole number of at least ${least}, not ${JSON.stringify(text)}`,
  );
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * (SECONDS[unit] ?? 1);
  throw new MgitError('USAGE', `--budget takes a time, not ${JSON.stringify(text)}`, {
    hint: 'such as 90s, 30m or 2h',
  });
}
