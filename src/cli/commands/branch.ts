import { MgitError } from '../../base/errors.ts';
import {
  type BranchInfo,
  createBranch,
  deleteBranches,
  listBranches,
  renameBranch,
} from '../../ops/history/branch.ts';
import { subjectOf } from '../../ops/history/commit.ts';
import { recordOperation } from '../../ops/history/operations.ts';
import type { Repository } from '../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listArgument,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { paint, table } from '../io.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'branch',
  summary: 'list, make, rename or delete branches',
  arguments: [
    {
      name: '[names...]',
      description: 'a name and where it starts; with -d and -D names to delete; with -m [old] new',
    },
  ],
  options: [
    { flags: '-a, --all', description: 'list remote branches, too' },
    { flags: '-r, --remotes', description: 'list remote branches only' },
    { flags: '-d, --delete', description: 'delete merged branches' },
    { flags: '-D', description: 'delete branches, merged or not' },
    { flags: '-m, --move', description: 'rename a branch' },
    { flags: '-f, --force', description: 'move a branch that exists' },
    { flags: '--show-current', description: 'print the name of the current branch' },
  ],
  example: 'mgit branch better-digits main',
  run: (context, input) => withRepository(context, repository => runBranch(repository, context, input)),
};

async function runBranch(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<CommandOutcome> {
  const names = listArgument(input, 0);
  if (flagOption(input, 'showCurrent')) return showCurrent(repository);
  if (flagOption(input, 'delete') || flagOption(input, 'D')) return remove(repository, input, names);
  if (flagOption(input, 'move')) return rename(repository, names);
  if (names.length > 0) return create(repository, input, names);
  return list(repository, context, input);
}

async function showCurrent(repository: Repository): Promise<CommandOutcome> {
  const head = await repository.history.head();
  const branch = head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : null;
  return { json: { branch }, human: branch ?? '' };
}

async function remove(
  repository: Repository,
  input: CommandInput,
  names: readonly string[],
): Promise<CommandOutcome> {
  if (names.length === 0) throw new MgitError('USAGE', 'name the branches to delete');
  const deleted = await deleteBranches(
    repository,
    names,
    flagOption(input, 'D') || flagOption(input, 'force'),
  );
  return {
    json: { deleted: deleted.map(({ name, commit }) => ({ name, commit })) },
    human: deleted
      .map(({ name, commit }) => `Deleted branch ${name} (was ${commit.slice(0, 7)}).`)
      .join('\n'),
  };
}

async function rename(repository: Repository, names: readonly string[]): Promise<CommandOutcome> {
  const head = await repository.history.head();
  const current = head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : undefined;
  const [from, to] = names.length === 1 ? [current, names[0]] : names;
  if (from === undefined || to === undefined || names.length > 2)
    throw new MgitError('USAGE', 'branch -m needs a new name, or an old and a new one');
  await renameBranch(repository, from, to);
  return { json: { from, to }, human: '' };
}

async function create(
  repository: Repository,
  input: CommandInput,
  names: readonly string[],
): Promise<CommandOutcome> {
  const [name, start] = names;
  if (name === undefined || names.length > 2) throw new MgitError('USAGE', 'branch takes a name and a start');
  const commit = await repository.history.resolveCommit(start ?? 'HEAD');
  await recordOperation(repository, { command: `branch ${name}`, files: 'kept' }, recorded =>
    createBranch(recorded, { name, commit, force: flagOption(input, 'force') }),
  );
  return { json: { name, commit }, human: '' };
}

async function list(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<CommandOutcome> {
  const remotesOnly = flagOption(input, 'remotes');
  const branches = await listBranches(repository, {
    local: !remotesOnly,
    remotes: remotesOnly || flagOption(input, 'all'),
  });
  const json = branches.map(({ name, remote, current, tip }) => ({
    name,
    remote,
    current,
    commit: tip.id,
    subject: subjectOf(tip.message),
  }));
  return { json: { branches: json }, human: branchText(context, branches) };
}

function branchText({ io, globals }: CliContext, branches: readonly BranchInfo[]): string {
  const rows = branches.map(({ name, remote, current, tip }) => {
    const shown = remote ? paint(io, 'red', `remotes/${name}`) : current ? paint(io, 'green', name) : name;
    return [
      `${current ? '*' : ' '} ${shown}`,
      ...(globals.verbose ? [tip.id.slice(0, 7), subjectOf(tip.message)] : []),
    ];
  });
  return table(rows);
}
