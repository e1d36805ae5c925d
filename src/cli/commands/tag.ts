import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { createTag, deleteTags, listTags } from '../../ops/history/tag.ts';
import type { Repository } from '../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listArgument,
  listOption,
} from '../command.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'tag',
  summary: 'list, make or delete tags',
  description:
    'An annotated tag is a release: merged tensors, of which the store keeps recipes otherwise, are stored as they are, and pushed with the tag.',
  arguments: [
    {
      name: '[names...]',
      description: 'a name and what it names (default: HEAD); with -l a glob; with -d names',
    },
  ],
  options: [
    { flags: '-l, --list', description: 'list the tags that match a glob' },
    { flags: '-a, --annotate', description: 'make a tag object; needs -m' },
    { flags: '-m, --message <text>', description: 'its message', repeatable: true },
    { flags: '-s, --sign', description: 'sign it with the configured key; needs -m' },
    { flags: '-f, --force', description: 'move a tag that exists' },
    { flags: '-d, --delete', description: 'delete tags' },
  ],
  example: 'mgit tag -a v1.0.0 -m "First release"',
  run: (context, input) =>
    withRepository(context, repository => runTag(repository, input, longOperation(context))),
};

async function runTag(
  repository: Repository,
  input: CommandInput,
  options: LongOperation,
): Promise<CommandOutcome> {
  const names = listArgument(input, 0);
  if (flagOption(input, 'delete')) return remove(repository, names);
  if (names.length === 0 || flagOption(input, 'list')) {
    const tags = await listTags(repository, names[0]);
    return { json: { tags: tags.map(jsonValue) }, human: tags.map(tag => tag.name).join('\n') };
  }
  return create(repository, { input, options }, names);
}

async function create(
  repository: Repository,
  { input, options }: { readonly input: CommandInput; readonly options: LongOperation },
  names: readonly string[],
): Promise<CommandOutcome> {
  const [name, revision] = names;
  const paragraphs = listOption(input, 'message');
  const sign = flagOption(input, 'sign');
  if (name === undefined || names.length > 2) throw new MgitError('USAGE', 'tag takes a name and a revision');
  if ((sign || flagOption(input, 'annotate')) && paragraphs.length === 0)
    throw new MgitError('MESSAGE_EMPTY', 'an annotated tag needs a message', { hint: 'give one with -m' });
  const wanted = {
    name,
    revision: revision ?? 'HEAD',
    force: flagOption(input, 'force'),
    ...(paragraphs.length === 0 ? {} : { message: paragraphs.join('\n\n') }),
    ...(sign ? { sign } : {}),
  };
  const tag = await createTag(repository, wanted, options);
  return { json: jsonValue(tag), human: '' };
}

async function remove(repository: Repository, names: readonly string[]): Promise<CommandOutcome> {
  if (names.length === 0) throw new MgitError('USAGE', 'name the tags to delete');
  const deleted = await deleteTags(repository, names);
  return {
    json: { deleted: deleted.map(({ name, id }) => ({ name, id })) },
    human: deleted.map(({ name, id }) => `Deleted tag '${name}' (was ${id.slice(0, 7)})`).join('\n'),
  };
}
