import { MgitError } from '../../base/errors.ts';
import { METHODS } from '../../merge/methods/registry.ts';
import { abortMerge } from '../../ops/merge/abort.ts';
import { continueMerge, mergeRevisions } from '../../ops/merge/merge.ts';
import { previewMerge } from '../../ops/merge/preview.ts';
import type { Repository } from '../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listArgument,
  listOption,
  textOption,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { jsonValue } from '../json.ts';
import { methodsText, previewText } from '../views/merge.ts';
import { mergeOutcome } from '../views/merge-outcome.ts';
import { longOperation, withRepository } from '../with-repository.ts';
import { readRecipeText } from './merge/recipe-text.ts';
import { mergeFolders, RECIPE_OPTIONS } from './merge/to-folder.ts';

export const command: CommandSpec = {
  name: 'merge',
  summary: 'merge branches tensor by tensor; on a protected branch only what passes its gates lands',
  description:
    'Unchanged tensors stay, those that one side changed are taken, those that several changed are merged by a method (see --list).\n' +
    'The result is a candidate first; the branch advances to exactly it, or not at all.',
  arguments: [{ name: '[revisions...]', description: 'what to merge; several give one merge commit' }],
  options: [
    { flags: '-s, --strategy <method>', description: 'the method for tensors that several sides changed' },
    {
      flags: '-X, --strategy-option <key=value>',
      description: 'a parameter of the method; take:<glob>=ours|theirs|base; base=<revision>',
      repeatable: true,
    },
    {
      flags: '--data <path>',
      description: 'data for methods that measure the models: one for all, or one for each, ours first',
      repeatable: true,
    },
    { flags: '--into <branch>', description: 'merge into this branch, not the current one' },
    { flags: '-m, --message <text>', description: 'the message of the merge commit' },
    { flags: '--dry-run', description: 'show the plan, per block of each model, and change nothing' },
    { flags: '--continue', description: 'go on after conflicts are resolved' },
    { flags: '--abort', description: 'give the merge up and restore what was before' },
    { flags: '--no-gate', description: 'do not gate; refused on a protected branch' },
    {
      flags: '--allow-policy-change',
      description: 'let the merge change mgit.yaml, keys or what gates read; the report says so',
    },
    ...RECIPE_OPTIONS,
    { flags: '--list', description: 'list the methods with their parameters' },
  ],
  example: 'mgit merge better-digits -s linear -X weight=0.6,0.4',
  run: async (context, input) => {
    if (flagOption(input, 'list')) return methodList(context);
    if (textOption(input, 'out') !== undefined) return mergeFolders(context, input);
    return withRepository(context, repository => runMerge(context, input, repository));
  },
};

function methodList(context: CliContext): CommandOutcome {
  const methods = METHODS.map(({ name, summary, whenToUse, source, ...method }) => ({
    name,
    summary,
    whenToUse,
    source,
    parameters: method.kind === 'compute' ? method.parameters : [],
  }));
  return { json: jsonValue({ methods }), human: methodsText(context.io, METHODS) };
}

async function runMerge(
  context: CliContext,
  input: CommandInput,
  repository: Repository,
): Promise<CommandOutcome> {
  const long = longOperation(context);
  const revisions = listArgument(input, 0);
  if (flagOption(input, 'abort')) {
    const { target, tip } = await abortMerge(repository, long);
    return { json: jsonValue({ kind: 'aborted', target, tip }), human: 'Merge given up.' };
  }
  const given = listOption(input, 'strategyOption');
  const message = textOption(input, 'message');
  const gate = {
    gate: input.options.gate !== false,
    allowPolicyChange: flagOption(input, 'allowPolicyChange'),
  };
  const data = listOption(input, 'data');
  const options = {
    ...long,
    ...gate,
    given,
    data,
    ...(message === undefined ? {} : { message: `${message}\n` }),
  };
  if (flagOption(input, 'continue'))
    return mergeOutcome(context.io, await continueMerge(repository, options));
  const recipe = await readRecipeText(context, input);
  if (revisions.length === 0 && !recipe)
    throw new MgitError('USAGE', 'merge what?', { hint: 'name a branch: mgit merge <revision>' });
  const method = textOption(input, 'strategy');
  const into = textOption(input, 'into');
  if (flagOption(input, 'dryRun')) {
    const preview = await previewMerge(repository, { revisions, method, given, into, recipe }, long);
    return { json: jsonValue(preview), human: previewText(context.io, preview) };
  }
  const outcome = await mergeRevisions(repository, {
    ...options,
    revisions,
    ...(recipe ? { recipe } : {}),
    ...(method === undefined ? {} : { method }),
    ...(into === undefined ? {} : { into }),
  });
  return mergeOutcome(context.io, outcome);
}
