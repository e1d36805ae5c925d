import { pullRemote } from '../../ops/transfer/pull.ts';
import { type CommandSpec, textArgument } from '../command.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';
import { fetchText } from './fetch.ts';

export const command: CommandSpec = {
  name: 'pull',
  summary: 'fetch, and move the current branch forward',
  description: 'Where both sides have commits of their own, pull fetches and stops: mgit merge goes on.',
  arguments: [
    { name: '[remote]', description: 'default: what the branch follows' },
    { name: '[branch]', description: 'default: what the branch follows' },
  ],
  options: [{ flags: '--ff-only', description: 'the default, as Git spells it' }],
  example: 'mgit pull',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await pullRemote(repository, {
        ...longOperation(context),
        remote: textArgument(input, 0),
        branch: textArgument(input, 1),
      });
      const { fetched, old, new: id, status, files } = result;
      const range = old === undefined ? id.slice(0, 7) : `${old.slice(0, 7)}..${id.slice(0, 7)}`;
      const outcome =
        status === 'up-to-date' ? 'Already up to date.' : `Fast-forward ${range}, ${files} files changed`;
      return {
        json: jsonValue({
          ...result,
          old: old ?? null,
          fetched: { ...fetched, defaultBranch: fetched.defaultBranch ?? null },
        }),
        human: [fetchText(fetched), outcome].filter(Boolean).join('\n'),
      };
    }),
};
