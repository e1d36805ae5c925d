import { counted } from '../../base/counted.ts';
import type { FsckResult } from '../../ops/maintenance/fsck.ts';
import type { FsckProblem } from '../../ops/maintenance/fsck-problem.ts';
import { type CliIo, paint } from '../io.ts';
import { printable } from './printable.ts';

/** What `mgit fsck` found, for a person. */
export function fsckText(io: CliIo, result: FsckResult): string {
  const errors = result.problems.filter(({ level }) => level === 'error');
  return [
    ...result.problems.flatMap(problem => problemLines(io, problem)),
    ...repairLines(result),
    errors.length === 0
      ? `whole: ${counted(result.packs, 'pack')}, ${counted(result.reachableExtents, 'extent')} reached${promisedText(result)}`
      : `${counted(errors.length, 'problem')}${result.repair ? ' left' : '; see "mgit fsck --repair"'}`,
  ].join('\n');
}

function promisedText({ promisedExtents: count }: FsckResult): string {
  return count === 0 ? '' : `, ${count} of them left with a remote`;
}

function problemLines(io: CliIo, { code, level, message, affects, digest }: FsckProblem): readonly string[] {
  const head = `${paint(io, level === 'error' ? 'red' : 'yellow', `${level}[${code}]`)}: ${printable(message)}`;
  if (!affects) return digest && level === 'error' ? [head, '  nothing that a ref reaches needs it'] : [head];
  const [newest] = affects.commits;
  return [
    head,
    `  files: ${listed(affects.files)}`,
    ...(affects.tensors.length > 0 ? [`  tensors: ${listed(affects.tensors)}`] : []),
    `  commits: ${affects.commits.length}${newest ? `, the newest ${newest.slice(0, 7)}` : ''}`,
    `  refs: ${listed(affects.refs.map(ref => ref.replace(/^refs\/(?:heads|tags|remotes)\//, '')))}`,
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(printable).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function repairLines({ repair }: FsckResult): readonly string[] {
  if (!repair) return [];
  const { quarantined, fetched, fromWorkTree } = repair;
  return [
    quarantined.length > 0 ? `moved ${counted(quarantined.length, 'damaged pack')} to mgit/quarantine` : '',
    fetched.length > 0 ? `fetched ${counted(fetched.length, 'pack')}` : '',
    fromWorkTree > 0 ? `took ${counted(fromWorkTree, 'extent')} from the work tree` : '',
  ].filter(Boolean);
}
