import { MgitError } from '../../base/errors.ts';
import { subjectOf } from '../../ops/history/commit.ts';
import { splitOperands } from '../../ops/history/operands.ts';
import type { Repository } from '../../ops/repository.ts';
import { type ResetMode, refuseMode, resetTo, unstageAll } from '../../ops/worktree/reset.ts';
import { restorePaths } from '../../ops/worktree/restore.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listArgument,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { commitJson } from '../views/commit.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'reset',
  summary: 'move the current branch, or unstage files',
  arguments: [{ name: '[operands...]', description: 'a revision (default: HEAD), or paths to unstage' }],
  options: [
    { flags: '--soft', description: 'leave index and work tree' },
    { flags: '--mixed', description: 'reset the index, leave the work tree (the default)' },
    { flags: '--hard', description: 'reset index and work tree; local changes are lost' },
  ],
  example: 'mgit reset --soft HEAD~1',
  confirms: true,
  run: (context, input) => withRepository(context, repository => runReset(repository, context, input)),
};

async function runReset(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<CommandOutcome> {
  const mode = modeOf(input);
  const { revisions, paths } = await splitOperands(repository, listArgument(input, 0), input.afterDashes);
  if (revisions.length > 1) throw new MgitError('USAGE', 'one revision at most');
  const revision = revisions[0] ?? 'HEAD';
  if (paths.length > 0) {
    refuseMode(mode);
    const source = revisions[0];
    const request = { cwd: context.cwd, paths, staged: true, ...(source === undefined ? {} : { source }) };
    const { restored, removed } = await restorePaths(repository, { ...longOperation(context), ...request });
    return { json: { unstaged: [...restored, ...removed] }, human: '' };
  }
  if (mode === 'mixed' && revisions.length === 0 && (await repository.history.head()).commit === undefined) {
    await unstageAll(repository);
    return { json: { mode, commit: null }, human: '' };
  }
  const commit = await resetTo(repository, revision, { ...longOperation(context), mode });
  const id = await repository.history.abbreviate(commit.id);
  const told = mode === 'hard' ? `HEAD is now at ${id} ${subjectOf(commit.message)}` : '';
  return { json: { mode, commit: commitJson(commit) }, human: told };
}

function modeOf(input: CommandInput): ResetMode {
  const asked = (['soft', 'mixed', 'hard'] as const).filter(mode => flagOption(input, mode));
  if (asked.length > 1)
    throw new MgitError('USAGE', `choose one of ${asked.map(mode => `--${mode}`).join(', ')}`);
  return asked[0] ?? 'mixed';
}
