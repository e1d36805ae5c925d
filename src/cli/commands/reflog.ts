import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Repository } from '../../ops/repository.ts';
import { type CommandSpec, textArgument } from '../command.ts';
import { paint } from '../io.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'reflog',
  summary: 'where HEAD or a branch has been',
  arguments: [{ name: '[ref]', description: 'default: HEAD' }],
  example: 'mgit reflog main',
  run: (context, input) =>
    withRepository(context, async repository => {
      const name = textArgument(input, 0) ?? 'HEAD';
      const entries = await repository.history.reflog(await fullName(repository, name));
      const ids = await repository.history.abbreviateCommits(entries.map(entry => entry.new as CommitId));
      const lines = entries.map((entry, index) => {
        const id = paint(context.io, 'yellow', ids[index] ?? entry.new);
        return `${id} ${name}@{${index}}: ${entry.message}`;
      });
      return {
        json: {
          ref: name,
          entries: entries.map(entry => ({
            old: entry.old,
            new: entry.new,
            who: { ...entry.who },
            message: entry.message,
          })),
        },
        human: lines.join('\n'),
      };
    }),
};

async function fullName({ history }: Repository, name: string): Promise<string> {
  if (name === 'HEAD' || name.startsWith('refs/')) return name;
  for (const prefix of ['refs/heads/', 'refs/remotes/', 'refs/tags/'])
    if ((await history.readRef(`${prefix}${name}`)) !== undefined) return `${prefix}${name}`;
  throw new MgitError('REVISION_UNKNOWN', `there is no ref ${name}`, {
    hint: 'see "mgit branch" for the branches there are',
  });
}
