import { MgitError } from '../../base/errors.ts';
import type { Repository } from '../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listArgument,
} from '../command.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'config',
  summary: "read and write personal settings, in Git's own files",
  arguments: [{ name: '[key-and-value...]', description: 'a key to print; a key and a value to set' }],
  options: [
    { flags: '-l, --list', description: 'print all settings' },
    { flags: '--get-all', description: 'print every value of a key' },
    { flags: '--unset', description: 'remove a key' },
    { flags: '--global', description: 'in ~/.gitconfig, not in the repository' },
    { flags: '--local', description: 'in the repository (the default)' },
  ],
  example: 'mgit config user.name "Your Name"',
  run: (context, input) => withRepository(context, repository => runConfig(repository, input)),
};

async function runConfig(repository: Repository, input: CommandInput): Promise<CommandOutcome> {
  const { history } = repository;
  const words = listArgument(input, 0);
  if (flagOption(input, 'list')) {
    const settings = await history.listConfig();
    const json = { settings: settings.map(({ key, value }) => ({ key, value })) };
    return { json, human: settings.map(({ key, value }) => `${key}=${value}`).join('\n') };
  }
  const [key, value] = words;
  if (key === undefined || words.length > 2) throw new MgitError('USAGE', 'config takes a key and a value');
  const scope = flagOption(input, 'global') ? 'global' : 'local';
  if (flagOption(input, 'unset') || value !== undefined) {
    await history.setConfig(key, flagOption(input, 'unset') ? null : (value ?? null), scope);
    return { json: { key, value: value ?? null }, human: '' };
  }
  return readKey(repository, key, flagOption(input, 'getAll'));
}

async function readKey({ history }: Repository, key: string, all: boolean): Promise<CommandOutcome> {
  const values = await history.configAll(key);
  const last = values.at(-1);
  if (last !== undefined)
    return { json: { key, value: last, values }, human: all ? values.join('\n') : last };
  throw new MgitError('CONFIG_UNSET', `${key} is not set`, {
    hint: `set it with "mgit config ${key} <value>"`,
  });
}
