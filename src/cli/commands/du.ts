import { counted } from '../../base/counted.ts';
import { MgitError } from '../../base/errors.ts';
import { type DiskUsage, diskUsage } from '../../ops/maintenance/du.ts';
import { type CommandInput, type CommandSpec, textOption } from '../command.ts';
import { formatBytes, table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { printable } from '../views/printable.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'du',
  summary: 'where the bytes of the store are: by kind of record, branch and tensor',
  description: 'A branch needs what its whole history names; "exclusive" is what no other branch needs.',
  options: [{ flags: '-t, --tensors <n>', description: 'list the n largest tensors of HEAD (default: 10)' }],
  example: 'mgit du --tensors 20',
  run: (context, input) =>
    withRepository(context, async repository => {
      const tensors = tensorsOption(input);
      const usage = await diskUsage(repository, { ...longOperation(context), tensors });
      return { json: jsonValue(usage), human: usageText(usage) };
    }),
};

function tensorsOption(input: CommandInput): number {
  const text = textOption(input, 'tensors') ?? '10';
  if (!/^\d{1,7}$/.test(text)) throw new MgitError('USAGE', '--tensors takes a number');
  return Number(text);
}

function usageText({ packBytes, packs, unreachableBytes, kinds, branches, tensors }: DiskUsage): string {
  const kindRows = kinds.map(({ kind, extents, storedBytes, bytes }) => [
    `  ${kind}`,
    formatBytes(storedBytes),
    `of ${formatBytes(bytes)}`,
    counted(extents, 'extent'),
  ]);
  const branchRows = branches.map(({ branch, all, exclusive }) => [
    `  ${printable(branch)}`,
    formatBytes(all.storedBytes),
    `exclusive ${formatBytes(exclusive.storedBytes)}`,
  ]);
  const tensorRows = tensors.map(({ path, tensor, storedBytes, bytes }) => [
    `  ${printable(`${path}: ${tensor}`)}`,
    formatBytes(storedBytes),
    `of ${formatBytes(bytes)}`,
  ]);
  const section = (title: string, rows: readonly (readonly string[])[]): string =>
    rows.length === 0 ? '' : `${title}\n${table(rows, ['left', 'right', 'right', 'right'])}`;
  return [
    `${formatBytes(packBytes)} in ${counted(packs, 'pack')}, ${formatBytes(unreachableBytes)} of it unreached, or indexes`,
    section('by kind of record', kindRows),
    section('by branch', branchRows),
    section('largest tensors of HEAD', tensorRows),
  ]
    .filter(Boolean)
    .join('\n');
}
