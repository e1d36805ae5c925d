import { counted } from '../../base/counted.ts';
import { type PullOptions, type PullResult, pullRemote } from '../../ops/transfer/pull.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listOption,
  textArgument,
  textOption,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonValue } from '../json.ts';
import { mergeOutcome } from '../views/merge-outcome.ts';
import { longOperation, withRepository } from '../with-repository.ts';
import { fetchText } from './fetch.ts';

export const command: CommandSpec = {
  name: 'pull',
  summary: 'fetch, and move the current branch forward or merge',
  description:
    'Where both sides have commits of their own they are merged as mgit merge does it, through the gates of a protected branch.',
  arguments: [
    { name: '[remote]', description: 'default: what the branch follows' },
    { name: '[branch]', description: 'default: what the branch follows' },
  ],
  options: [
    { flags: '--ff-only', description: 'refuse where both sides have commits of their own (pull.ff=only)' },
    { flags: '--rebase', description: 'refused: commits of models are merged' },
    { flags: '--no-rebase', description: 'merge, whatever pull.rebase says' },
    { flags: '-s, --strategy <method>', description: 'as mgit merge has it' },
    { flags: '-X, --strategy-option <key=value>', description: 'as mgit merge has it', repeatable: true },
    { flags: '--allow-policy-change', description: 'as mgit merge has it' },
  ],
  example: 'mgit pull',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await pullRemote(repository, {
        ...longOperation(context),
        remote: textArgument(input, 0),
        branch: textArgument(input, 1),
        ffOnly: flagOption(input, 'ffOnly') || undefined,
        rebase: typeof input.options.rebase === 'boolean' ? input.options.rebase : undefined,
        merge: mergeOptions(input),
      });
      return outcomeOf(context, result);
    }),
};

function mergeOptions(input: CommandInput): NonNullable<PullOptions['merge']> {
  const method = textOption(input, 'strategy');
  return {
    given: listOption(input, 'strategyOption'),
    allowPolicyChange: flagOption(input, 'allowPolicyChange'),
    ...(method === undefined ? {} : { method }),
  };
}

function outcomeOf({ io }: CliContext, result: PullResult): CommandOutcome {
  const { fetched, old, merge } = result;
  const merged = merge && mergeOutcome(io, merge);
  return {
    json: jsonValue({
      ...result,
      old: old ?? null,
      fetched: { ...fetched, defaultBranch: fetched.defaultBranch ?? null },
      ...(merged ? { merge: merged.json } : {}),
    }),
    human: [fetchText(fetched), merged?.human ?? forwardText(result)].filter(Boolean).join('\n'),
    exitCode: merged?.exitCode ?? EXIT.done,
  };
}

function forwardText({ old, new: id, status, files }: PullResult): string {
  if (status === 'up-to-date') return 'Already up to date.';
  const range = old === undefined ? id.slice(0, 7) : `${old.slice(0, 7)}..${id.slice(0, 7)}`;
  return `Fast-forward ${range}, ${counted(files, 'file')} changed`;
}
