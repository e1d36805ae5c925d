import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import { formatTimezone } from '../../store/history/objects/signature.ts';
import { readGitFile } from '../git-file.ts';
import { subjectOf } from '../history/commit.ts';
import type { Repository } from '../repository.ts';
import type { ReplaySequence, WaitingReplay } from './replay-sequence.ts';
import type { ReplayOperation } from './replay-step.ts';

/** The file that names the commit under way. */
const CURRENT: Readonly<Record<ReplayOperation, string>> = {
  'cherry-pick': 'CHERRY_PICK_HEAD',
  revert: 'REVERT_HEAD',
  rebase: 'REBASE_HEAD',
};

/**
 * What a waiting sequence looks like to plain Git, its `status`, its `--continue` and `--abort`, and to prompts. The last file is the one that
 * {@link isGitStillAt} looks for. Source: sequencer.c and builtin/rebase.c of Git 2.39.
 */
export function gitFiles(
  repository: Repository,
  state: WaitingReplay,
): Promise<Readonly<Record<string, string>>> {
  return state.sequence.operation === 'rebase'
    ? rebaseFiles(repository, state)
    : pickFiles(repository, state);
}

/** The files that end with a sequence. */
export function gitLeftovers(operation: ReplayOperation): readonly string[] {
  return [operation === 'rebase' ? 'rebase-merge/' : 'sequencer/', CURRENT[operation], 'MERGE_MSG'];
}

/** Whether plain Git still is where a sequence waits: at the commit under way, or after it, when a plain commit has concluded that. */
export async function isGitStillAt(repository: Repository, sequence: ReplaySequence): Promise<boolean> {
  const { operation, origin, tip, todo } = sequence;
  const says = async (name: string, commit: CommitId | undefined): Promise<boolean> =>
    (await readGitFile(repository, name))?.trim() === commit;
  if (operation === 'rebase') return says('rebase-merge/orig-head', origin);
  if (isAlone(sequence)) return says(CURRENT[operation], todo[0]);
  return (await says('sequencer/head', origin)) && says('sequencer/abort-safety', tip);
}

/** Git keeps no list where there was one commit. */
function isAlone({ todo, done, dropped }: ReplaySequence): boolean {
  return todo.length + done.length + dropped.length === 1;
}

async function pickFiles(
  repository: Repository,
  { sequence, message, conflicts }: WaitingReplay,
): Promise<Readonly<Record<string, string>>> {
  const { operation, origin, tip, todo, options } = sequence;
  const word = operation === 'revert' ? 'revert' : 'pick';
  return {
    MERGE_MSG: withConflicts(message, conflicts),
    ...(isAlone(sequence)
      ? {}
      : {
          'sequencer/todo': await todoLines(repository, word, todo),
          'sequencer/opts': pickOptions(options),
          'sequencer/abort-safety': `${tip}\n`,
          'sequencer/head': `${origin}\n`,
        }),
    [CURRENT[operation]]: `${todo[0]}\n`,
  };
}

function pickOptions({ mainline, recordOrigin }: ReplaySequence['options']): string {
  const lines = [
    ...(mainline === null ? [] : [`\tmainline = ${mainline}`]),
    ...(recordOrigin ? ['\trecord-origin = true'] : []),
  ];
  return lines.length === 0 ? '' : `[options]\n${lines.join('\n')}\n`;
}

async function rebaseFiles(
  repository: Repository,
  { sequence, message, conflicts }: WaitingReplay,
): Promise<Readonly<Record<string, string>>> {
  const { target, origin, onto, done, todo } = sequence;
  const [current, ...others] = todo;
  if (current === undefined) return {};
  const finished = [...done.map(({ from }) => from), current];
  const { author } = await repository.history.readCommit(current);
  const files = {
    'head-name': `${target === 'HEAD' ? 'detached HEAD' : target}\n`,
    onto: `${onto}\n`,
    'git-rebase-todo': await todoLines(repository, 'pick', others),
    done: await todoLines(repository, 'pick', finished),
    msgnum: `${finished.length}\n`,
    end: `${finished.length + others.length}\n`,
    message,
    'author-script': authorScript(author),
    'stopped-sha': `${current}\n`,
    interactive: '',
    'orig-head': `${origin}\n`,
  };
  return {
    ORIG_HEAD: `${origin}\n`,
    MERGE_MSG: withConflicts(message, conflicts),
    REBASE_HEAD: `${current}\n`,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`rebase-merge/${name}`, text])),
  };
}

async function todoLines(
  { history }: Repository,
  word: string,
  commits: readonly CommitId[],
): Promise<string> {
  const lines: string[] = [];
  for (const id of commits)
    lines.push(`${word} ${id} ${subjectOf((await history.readCommit(id)).message)}\n`);
  return lines.join('');
}

function authorScript({ name, email, timestamp, timezoneOffset }: Commit['author']): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const date = `@${timestamp} ${formatTimezone(timezoneOffset)}`;
  return `GIT_AUTHOR_NAME=${quoted(name)}\nGIT_AUTHOR_EMAIL=${quoted(email)}\nGIT_AUTHOR_DATE=${quoted(date)}\n`;
}

function withConflicts(message: string, conflicts: WaitingReplay['conflicts']): string {
  return `${message.trimEnd()}\n\n# Conflicts:\n${conflicts.map(({ path }) => `#\t${path}\n`).join('')}`;
}
