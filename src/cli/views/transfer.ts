import { counted } from '../../base/counted.ts';
import { formatBytes } from '../io.ts';

/** One ref of a fetch or push, as Git prints it. */
export interface TransferLine {
  readonly from: string;
  readonly to: string;
  readonly old: string | null;
  readonly new: string | null;
  readonly status: string;
  readonly reason?: string;
}

const MARKS: Readonly<Record<string, string>> = {
  new: '*',
  forced: '+',
  rejected: '!',
  deleted: '-',
  pruned: '-',
  'up-to-date': '=',
};

/** Lines with a mark, what changed, and both names; refs that did not change are left out unless `all`. */
export function transferLines(lines: readonly TransferLine[], all = false): readonly string[] {
  const shown = lines.filter(line => all || line.status !== 'up-to-date');
  const width = Math.max(0, ...shown.map(line => changeOf(line).length));
  return shown.map(line => {
    const names = line.from === '' ? shortName(line.to) : `${shortName(line.from)} -> ${shortName(line.to)}`;
    const reason = line.reason ? ` (${line.reason})` : '';
    return ` ${MARKS[line.status] ?? ' '} ${changeOf(line).padEnd(width)}  ${names}${reason}`;
  });
}

function changeOf({ status, old, new: id, to }: TransferLine): string {
  if (status === 'new') return to.startsWith('refs/tags/') ? '[new tag]' : '[new branch]';
  if (status === 'up-to-date') return '[up to date]';
  if (status !== 'fast-forward' && status !== 'forced') return `[${status}]`;
  return `${old?.slice(0, 7)}${status === 'forced' ? '...' : '..'}${id?.slice(0, 7)}`;
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags|remotes)\//, '');
}

/** "2 packs, 3.1 MiB"; empty for none. */
export function packsText(
  verb: string,
  packs: { readonly ids: readonly string[]; readonly bytes: number },
): string {
  const { length } = packs.ids;
  return length === 0 ? '' : `${verb} ${counted(length, 'pack')}, ${formatBytes(packs.bytes)}`;
}
