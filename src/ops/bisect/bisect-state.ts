import { isSystemError, MgitError } from '../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { Commit, RefUpdate } from '../../store/history/history.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import { writeGitFiles } from '../git-file.ts';
import { subjectOf } from '../history/commit.ts';
import type { Repository } from '../repository.ts';

/** What the two sides are called: Git lets its users choose (`git bisect start --term-old ...`). */
export interface BisectTerms {
  readonly bad: string;
  readonly good: string;
}

/** A bisection in progress, as Git's own files and refs hold it, so that plain git can go on with it. */
export interface BisectState {
  /** Where HEAD was: a branch without `refs/heads/`, or a commit. */
  readonly start: string;
  readonly terms: BisectTerms;
  readonly bad: CommitId | undefined;
  readonly good: readonly CommitId[];
  readonly skipped: readonly CommitId[];
  /** Pathspecs from the root of the work tree; none: every commit counts. */
  readonly paths: readonly string[];
  readonly firstParent: boolean;
}

const DEFAULT_TERMS: BisectTerms = { bad: 'bad', good: 'good' };
/** `BISECT_START` goes last: while it is there, `reset` works. */
const FILES = [
  'BISECT_EXPECTED_REV',
  'BISECT_ANCESTORS_OK',
  'BISECT_LOG',
  'BISECT_NAMES',
  'BISECT_RUN',
  'BISECT_TERMS',
  'BISECT_FIRST_PARENT',
  'BISECT_START',
];

/** Reads the bisection in progress. Errors: `BISECT_NONE`, `BISECT_CORRUPT`. */
export async function requireBisect(repository: Repository): Promise<BisectState> {
  const state = await readBisect(repository);
  if (state !== undefined) return state;
  throw new MgitError('BISECT_NONE', 'no bisection is in progress', {
    hint: 'begin one with "mgit bisect start <bad> <good>"',
  });
}

/** The bisection in progress, if there is one. Errors: `BISECT_CORRUPT`. */
export async function readBisect(repository: Repository): Promise<BisectState | undefined> {
  const start = (await readFile(repository, 'BISECT_START'))?.trim();
  if (start === undefined || start === '') return undefined;
  const terms = termsOf(await readFile(repository, 'BISECT_TERMS'));
  const refs = await repository.history.listRefs('refs/bisect/');
  const named = (prefix: string): CommitId[] =>
    refs.filter(({ ref }) => ref.startsWith(`refs/bisect/${prefix}-`)).map(({ id }) => parseCommitId(id));
  const bad = refs.find(({ ref }) => ref === `refs/bisect/${terms.bad}`);
  return {
    start,
    terms,
    bad: bad && parseCommitId(bad.id),
    good: named(terms.good),
    skipped: named('skip'),
    paths: unquoted((await readFile(repository, 'BISECT_NAMES')) ?? ''),
    firstParent: (await readFile(repository, 'BISECT_FIRST_PARENT')) !== undefined,
  };
}

function termsOf(text: string | undefined): BisectTerms {
  if (text === undefined) return DEFAULT_TERMS;
  const [bad, good] = text.split('\n');
  if (bad && good && /^[\w.-]+$/.test(bad) && /^[\w.-]+$/.test(good)) return { bad, good };
  throw new MgitError('BISECT_CORRUPT', 'the file BISECT_TERMS of the Git directory is damaged', {
    hint: 'end the bisection with "git bisect reset"',
  });
}

/** Begins a bisection. */
export async function writeBisectStart(
  repository: Repository,
  state: Pick<BisectState, 'start' | 'paths' | 'firstParent'>,
  command: readonly string[],
): Promise<void> {
  await writeGitFiles(repository, {
    BISECT_START: `${state.start}\n`,
    BISECT_TERMS: `${DEFAULT_TERMS.bad}\n${DEFAULT_TERMS.good}\n`,
    BISECT_NAMES: `${quoted(state.paths)}\n`,
    ...(state.firstParent ? { BISECT_FIRST_PARENT: '\n' } : {}),
  });
  await logLine(repository, `git bisect start${quoted(command)}`);
}

/** Notes what commits are. A commit has one mark: the last. */
export async function writeMarks(
  repository: Repository,
  terms: BisectTerms,
  marks: readonly { readonly kind: 'bad' | 'good' | 'skip'; readonly commit: Commit }[],
): Promise<void> {
  const updates = marks.map(({ kind, commit }): RefUpdate => {
    const name = kind === 'bad' ? terms.bad : `${kind === 'good' ? terms.good : 'skip'}-${commit.id}`;
    return { ref: `refs/bisect/${name}`, target: commit.id };
  });
  await repository.history.updateRefs(updates, 'bisect');
  for (const { kind, commit } of marks) {
    const word = kind === 'skip' ? kind : terms[kind];
    await logLine(repository, `# ${word}: ${describe(commit)}\ngit bisect ${word} ${commit.id}`);
  }
}

/** The commit that is to be tested next. */
export function writeExpected(repository: Repository, commit: CommitId): Promise<void> {
  return writeGitFiles(repository, { BISECT_EXPECTED_REV: `${commit}\n` });
}

/** Notes the result. */
export function writeFound(repository: Repository, terms: BisectTerms, commit: Commit): Promise<void> {
  return logLine(repository, `# first ${terms.bad} commit: ${describe(commit)}`);
}

/** Everything that was done, as Git writes it. */
export async function readBisectLog(repository: Repository): Promise<string> {
  return (await readFile(repository, 'BISECT_LOG')) ?? '';
}

/** Forgets a bisection: its refs, then its files. */
export async function clearBisect(repository: Repository): Promise<void> {
  const { history, ports } = repository;
  const refs = await history.listRefs('refs/bisect/');
  if (refs.length > 0)
    await history.updateRefs(
      refs.map(({ ref, id }) => ({ ref, target: null, expected: id })),
      'bisect reset',
    );
  for (const name of FILES)
    await ports.fs.removeFile(`${history.gitDirectory}/${name}`).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOENT')) throw error;
    });
  await ports.fs.syncDirectory(history.gitDirectory);
}

function describe(commit: Commit): string {
  return `[${commit.id}] ${subjectOf(commit.message)}`;
}

/** As Git quotes words for a shell, each with a space in front. */
function quoted(words: readonly string[]): string {
  return words.map(word => ` '${word.replaceAll("'", "'\\''")}'`).join('');
}

function unquoted(text: string): string[] {
  return [...text.matchAll(/'((?:[^']|'\\'')*)'/g)].map(match => (match[1] ?? '').replaceAll("'\\''", "'"));
}

function readFile({ ports, history }: Repository, name: string): Promise<string | undefined> {
  return readText(ports, `${history.gitDirectory}/${name}`);
}

async function logLine({ ports, history }: Repository, line: string): Promise<void> {
  const file = await ports.fs.open(`${history.gitDirectory}/BISECT_LOG`, 'append');
  try {
    const isNew = (await file.stat()).size === 0;
    await file.append(Buffer.from(`${line}\n`));
    await file.sync();
    if (isNew) await ports.fs.syncDirectory(history.gitDirectory);
  } finally {
    await file.close();
  }
}
