import { counted } from '../../base/counted.ts';
import type { FileChange } from '../../ops/history/tree-changes.ts';
import { GIT_MERGE_HINT } from '../../ops/in-progress.ts';
import { describeConflict } from '../../ops/merge/file-conflict.ts';
import type { ConflictedFile, Status } from '../../ops/worktree/status.ts';
import { UNFILTERED_HINT } from '../../ops/worktree/unfiltered.ts';
import { type CliIo, paint } from '../io.ts';
import { changeLines } from './file-changes.ts';

/** `mgit status` for a person. */
export function statusText(io: CliIo, status: Status): string {
  const sections = [
    headLine(status),
    trackingLine(status),
    status.head.commit === undefined ? '\nNo commits yet' : '',
    mergeLine(status),
    replayLine(status),
    conflictSection(io, status.conflicts),
    changeSection(io, status.staged, 'Changes to be committed:', 'green'),
    changeSection(io, status.unstaged, 'Changes not staged for commit:', 'red'),
    untrackedSection(io, status.untracked),
    unfilteredSection(io, status.unfiltered),
    closing(status),
  ];
  return sections.filter(section => section !== '').join('\n');
}

function headLine({ head }: Status): string {
  return head.kind === 'branch'
    ? `On branch ${head.ref.replace(/^refs\/heads\//, '')}`
    : `HEAD detached at ${head.commit.slice(0, 7)}`;
}

function trackingLine({ upstream }: Status): string {
  if (upstream === undefined) return '';
  const { name, ahead, behind } = upstream;
  const commits = (count: number): string => counted(count, 'commit');
  if (ahead > 0 && behind > 0)
    return `Your branch and '${name}' have diverged: ${commits(ahead)} here, ${commits(behind)} there`;
  if (ahead > 0) return `Your branch is ahead of '${name}' by ${commits(ahead)}`;
  if (behind > 0) return `Your branch is behind '${name}' by ${commits(behind)} (use "mgit pull")`;
  return `Your branch is up to date with '${name}'`;
}

function mergeLine({ merging, mergingByGit, conflicts }: Status): string {
  if (mergingByGit) return `\nMerging with plain git: ${GIT_MERGE_HINT}`;
  if (merging.length === 0) return '';
  const next =
    conflicts.length > 0
      ? 'resolve the conflicts, then "mgit merge --continue"'
      : 'run "mgit merge --continue"';
  return `\nMerging ${merging.join(', ')}: ${next}, or "mgit merge --abort"`;
}

const REPLAYING = { 'cherry-pick': 'Cherry-picking', revert: 'Reverting', rebase: 'Rebasing' } as const;

function replayLine({ replaying, conflicts }: Status): string {
  if (replaying === undefined) return '';
  const { operation, commit, remaining } = replaying;
  const more = remaining === 0 ? '' : `, ${remaining} more to come`;
  const first = conflicts.length > 0 ? 'resolve the conflicts, then ' : '';
  return `\n${REPLAYING[operation]} ${commit.slice(0, 7)}${more}: ${first}"mgit ${operation} --continue", or --skip, or --abort`;
}

function changeSection(
  io: CliIo,
  changes: readonly FileChange[],
  title: string,
  style: 'green' | 'red',
): string {
  if (changes.length === 0) return '';
  return ['', title, ...changeLines(io, changes, style).map(line => `  ${line}`)].join('\n');
}

const CONFLICTS: Readonly<Record<string, string>> = {
  '1': 'both deleted',
  '1,2': 'deleted by them',
  '1,3': 'deleted by us',
  '2': 'added by us',
  '3': 'added by them',
  '2,3': 'both added',
  '1,2,3': 'both modified',
};

function conflictSection(io: CliIo, conflicts: readonly ConflictedFile[]): string {
  if (conflicts.length === 0) return '';
  const lines = conflicts.flatMap(({ path, stages, recorded }) => [
    paint(io, 'red', `  ${CONFLICTS[String(stages)] ?? 'unmerged'}: ${path}`),
    ...(recorded ? describeConflict(recorded).map(line => `    ${line}`) : []),
  ]);
  return ['', 'Unmerged paths:', ...lines].join('\n');
}

function untrackedSection(io: CliIo, untracked: readonly string[]): string {
  if (untracked.length === 0) return '';
  return ['', 'Untracked files:', ...untracked.map(path => `  ${paint(io, 'red', path)}`)].join('\n');
}

function unfilteredSection(io: CliIo, paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const title = 'Models committed without mgit (Git itself holds their bytes):';
  return ['', title, ...paths.map(path => `  ${paint(io, 'yellow', path)}`), `  (${UNFILTERED_HINT})`].join(
    '\n',
  );
}

function closing(status: Status): string {
  if (status.staged.length > 0 || status.conflicts.length > 0) return '';
  if (status.unstaged.length > 0) return '\nno changes added to commit (use "mgit add" or "mgit commit -a")';
  if (status.untracked.length > 0)
    return '\nnothing added to commit but untracked files present (use "mgit add")';
  return status.head.commit === undefined
    ? '\nnothing to commit (create files and use "mgit add")'
    : 'nothing to commit, working tree clean';
}

const LETTERS: Readonly<Record<FileChange['kind'], string>> = {
  added: 'A',
  modified: 'M',
  deleted: 'D',
  'type-changed': 'T',
};

const CONFLICT_LETTERS: Readonly<Record<string, string>> = {
  '1': 'DD',
  '2': 'AU',
  '1,2': 'UD',
  '3': 'UA',
  '1,3': 'DU',
  '2,3': 'AA',
  '1,2,3': 'UU',
};

/** `mgit status --porcelain`: Git's short format, version 1. */
export function porcelainText(status: Status): string {
  const letters = new Map<string, [string, string]>();
  for (const change of status.staged) letters.set(change.path, [LETTERS[change.kind], ' ']);
  for (const change of status.unstaged)
    letters.set(change.path, [letters.get(change.path)?.[0] ?? ' ', LETTERS[change.kind]]);
  const tracked = [...letters].map(([path, [x, y]]) => ({ path, text: `${x}${y} ${quotePath(path)}` }));
  const unmerged = status.conflicts.map(({ path, stages }) => ({
    path,
    text: `${CONFLICT_LETTERS[String(stages)] ?? 'UU'} ${quotePath(path)}`,
  }));
  const lines = [...tracked, ...unmerged].sort((a, b) =>
    Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)),
  );
  return [...lines.map(line => line.text), ...status.untracked.map(path => `?? ${quotePath(path)}`)].join(
    '\n',
  );
}

/** A path in C quotes where Git would quote it (`core.quotePath`). */
export function quotePath(path: string): string {
  const bytes = Buffer.from(path, 'utf8').toString('latin1');
  if (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(bytes)) return path;
  const names: Readonly<Record<string, string>> = {
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '"': '\\"',
    '\\': '\\\\',
  };
  const escaped = [...bytes].map(character => {
    const code = character.charCodeAt(0);
    return (
      names[character] ?? (code < 0x20 || code > 0x7e ? `\\${code.toString(8).padStart(3, '0')}` : character)
    );
  });
  return `"${escaped.join('')}"`;
}
