import { counted } from '../../base/counted.ts';
import { MgitError } from '../../base/errors.ts';
import { branchTip } from '../../ops/history/branch.ts';
import { isRevision, splitOperands } from '../../ops/history/operands.ts';
import type { Repository } from '../../ops/repository.ts';
import { restorePaths } from '../../ops/worktree/restore.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listArgument,
  textOption,
} from '../command.ts';
import type { CliContext } from '../context.ts';
import { longOperation, withRepository } from '../with-repository.ts';
import { switchOutcome } from './switch.ts';

export const command: CommandSpec = {
  name: 'checkout',
  summary: 'go to a branch or commit, or restore files (see switch and restore)',
  arguments: [{ name: '[operands...]', description: 'a branch or revision; or paths, "--" before them' }],
  options: [
    { flags: '-b <name>', description: 'make a branch and go there' },
    { flags: '-B <name>', description: 'the same, moving a branch that exists' },
    { flags: '--detach', description: 'look at a commit without a branch' },
    { flags: '-f, --force', description: 'throw local changes away' },
  ],
  example: 'mgit checkout main -- model.safetensors',
  run: (context, input) => withRepository(context, repository => runCheckout(repository, context, input)),
};

async function runCheckout(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<CommandOutcome> {
  const create = textOption(input, 'b') ?? textOption(input, 'B');
  const operands = listArgument(input, 0);
  if (operands.length === 1 && operands[0] === '-')
    return switchOutcome(repository, {
      ...longOperation(context),
      target: '-',
      discard: flagOption(input, 'force'),
    });
  const { revisions, paths } = await splitOperands(repository, operands, input.afterDashes);
  if (paths.length > 0 && (create !== undefined || !(await isRemoteBranch(repository, operands))))
    return restore(repository, context, { revisions, paths });
  const [target] = operands;
  if (target === undefined && create === undefined)
    throw new MgitError('USAGE', 'name a branch, a revision or files');
  const isBranch = target !== undefined && (await branchTip(repository, target)) !== undefined;
  const isOther =
    target !== undefined && create === undefined && !isBranch && (await isRevision(repository, target));
  return switchOutcome(repository, {
    ...longOperation(context),
    target,
    ...(create === undefined ? {} : { create }),
    forceCreate: textOption(input, 'B') !== undefined,
    detach: flagOption(input, 'detach') || isOther,
    discard: flagOption(input, 'force'),
  });
}

/** `checkout name` of a branch that so far only a remote has. */
async function isRemoteBranch(repository: Repository, operands: readonly string[]): Promise<boolean> {
  if (operands.length !== 1) return false;
  const remotes = await repository.history.listRefs('refs/remotes/');
  return remotes.some(({ ref }) => ref.split('/').slice(3).join('/') === operands[0]);
}

async function restore(
  repository: Repository,
  context: CliContext,
  what: { readonly revisions: readonly string[]; readonly paths: readonly string[] },
): Promise<CommandOutcome> {
  const [source] = what.revisions;
  if (what.revisions.length > 1) throw new MgitError('USAGE', 'one revision at most');
  const result = await restorePaths(repository, {
    ...longOperation(context),
    cwd: context.cwd,
    paths: what.paths,
    ...(source === undefined ? {} : { source, staged: true, workTree: true, overlay: true }),
  });
  const count = result.restored.length;
  return {
    json: { restored: result.restored, removed: result.removed },
    human: `Updated ${counted(count, 'path')} from ${source ?? 'the index'}`,
  };
}
