import { addRemote, listRemotes, removeRemote, setRemoteUrl } from '../../ops/transfer/remote.ts';
import { type CommandSpec, flagOption, textArgument } from '../command.ts';
import type { CliContext } from '../context.ts';
import { table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { withRepository } from '../with-repository.ts';

const NAME = { name: '<name>', description: 'the remote' } as const;
const URL_ARGUMENT = { name: '<url>', description: 'https://, ssh:// or a path' } as const;

const add: CommandSpec = {
  name: 'add',
  summary: 'add a remote',
  arguments: [NAME, URL_ARGUMENT],
  example: 'mgit remote add origin https://example.org/team/digits.git',
  run: (context, input) =>
    withRepository(context, async repository => {
      const remote = { name: textArgument(input, 0) ?? '', url: textArgument(input, 1) ?? '' };
      await addRemote(repository, remote);
      return { json: { added: remote.name }, human: '' };
    }),
};

const remove: CommandSpec = {
  name: 'remove',
  summary: 'forget a remote',
  arguments: [NAME],
  example: 'mgit remote remove upstream',
  run: (context, input) =>
    withRepository(context, async repository => {
      const name = textArgument(input, 0) ?? '';
      await removeRemote(repository, name);
      return { json: { removed: name }, human: '' };
    }),
};

const setUrl: CommandSpec = {
  name: 'set-url',
  summary: "change a remote's address",
  arguments: [NAME, URL_ARGUMENT],
  options: [{ flags: '--push', description: 'only for pushes' }],
  example: 'mgit remote set-url origin git@example.org:team/digits.git',
  run: (context, input) =>
    withRepository(context, async repository => {
      const name = textArgument(input, 0) ?? '';
      const url = textArgument(input, 1) ?? '';
      await setRemoteUrl(repository, { name, url, push: flagOption(input, 'push') });
      return { json: { changed: name }, human: '' };
    }),
};

export const command: CommandSpec = {
  name: 'remote',
  summary: 'list, add, change or remove remotes',
  example: 'mgit remote',
  subcommands: [add, remove, setUrl],
  run: context => list(context),
};

function list(context: CliContext) {
  return withRepository(context, async repository => {
    const remotes = await listRemotes(repository);
    const rows = remotes.map(({ name, fetchUrl, pushUrl }) => [
      name,
      fetchUrl,
      ...(pushUrl === fetchUrl ? [] : [`(push: ${pushUrl})`]),
    ]);
    return { json: { remotes: remotes.map(jsonValue) }, human: table(rows) };
  });
}
