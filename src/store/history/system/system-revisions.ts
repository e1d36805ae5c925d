import { MgitError } from '../../../base/errors.ts';
import { type CommitId, type ObjectId, parseCommitId, parseObjectId } from '../../../base/ids.ts';
import { inOrder } from '../../../base/in-order.ts';
import type { Commit, History } from '../history.ts';
import { readCommit } from '../objects/object-history.ts';
import { type ObjectStore, objectMissing } from '../objects/object-store.ts';
import { revisionAmbiguous, revisionUnknown } from '../revision-errors.ts';
import type { GitProgram, GitResult } from './git-program.ts';
import { gitFailed } from './git-program.ts';

type RevisionMethods = Pick<
  History,
  | 'resolveCommit'
  | 'resolveObject'
  | 'walk'
  | 'mergeBases'
  | 'isAncestor'
  | 'abbreviate'
  | 'abbreviateCommits'
>;

/** Commits that are asked for at once: one at a time costs a wait for git each. */
const READ_AHEAD = 64;

/** Revisions and ancestry, asked of git. */
export function systemRevisions(
  git: GitProgram,
  store: ObjectStore,
  config: History['config'],
): RevisionMethods {
  return {
    resolveCommit: async revision => (await revParse(git, revision, '^{commit}')) as CommitId,
    resolveObject: revision => revParse(git, revision, ''),
    walk: options => walk(git, store, options),
    mergeBases: (left, right) => mergeBases(git, left, right),
    isAncestor: async (ancestor, descendant) => {
      const args = ['merge-base', '--is-ancestor', parseObjectId(ancestor), parseObjectId(descendant)];
      return answerOf(args, await git.run(args, { allow: [1, 128] })).code === 0;
    },
    abbreviate: async id => {
      if (!(await store.has(id))) throw objectMissing(id);
      return (await git.run(['rev-parse', `--short=${await shortest(config)}`, id])).stdout.trim();
    },
    abbreviateCommits: async ids => abbreviateCommits(git, ids, await shortest(config)),
  };
}

async function shortest(config: History['config']): Promise<number> {
  return Math.max(7, Number(await config('core.abbrev')) || 0);
}

async function abbreviateCommits(
  git: GitProgram,
  ids: readonly CommitId[],
  length: number,
): Promise<readonly string[]> {
  const distinct = [...new Set(ids.map(parseCommitId))];
  const args = ['rev-list', '--no-walk=unsorted', '--abbrev-commit', `--abbrev=${length}`, '--stdin'];
  const stdin = `${distinct.join('\n')}\n`;
  const lines = answerOf(args, await git.run(args, { stdin, allow: [128] })).stdout.split('\n');
  const short = new Map(distinct.map((id, at) => [id, lines[at] ?? id]));
  return ids.map(id => short.get(id) ?? id);
}

async function revParse(git: GitProgram, revision: string, suffix: string): Promise<ObjectId> {
  if (revision === '' || revision.startsWith('-') || /[\0\n]/.test(revision)) throw revisionUnknown(revision);
  const { code, stdout, stderr } = await git.run(['rev-parse', '--verify', `${revision}${suffix}`], {
    allow: [1, 128],
  });
  const id = stdout.trim();
  if (code === 0 && /^[0-9a-f]{40,64}$/.test(id)) return parseObjectId(id);
  if (/short object ID \S+ is ambiguous/.test(stderr)) throw revisionAmbiguous(revision);
  throw revisionUnknown(revision);
}

async function* walk(
  git: GitProgram,
  store: ObjectStore,
  options: Parameters<History['walk']>[0],
): AsyncGenerator<Commit> {
  const args = ['rev-list', '--date-order', '--stdin'];
  if (options.firstParent) args.push('--first-parent');
  if (options.limit !== undefined) args.push(`--max-count=${options.limit}`);
  const excluded = (options.exclude ?? []).map(id => `^${parseCommitId(id)}`);
  const stdin = [...options.include.map(parseCommitId), ...excluded, ''].join('\n');
  const listed = answerOf(args, await git.run(args, { stdin, allow: [128] }));
  const ids = listed.stdout.split('\n').filter(line => line !== '') as CommitId[];
  yield* inOrder(ids, READ_AHEAD, id => readCommit(store, id));
}

async function mergeBases(git: GitProgram, left: CommitId, right: CommitId): Promise<readonly CommitId[]> {
  const args = ['merge-base', '--all', parseObjectId(left), parseObjectId(right)];
  const { stdout } = answerOf(args, await git.run(args, { allow: [1, 128] }));
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(parseCommitId);
}

/** Errors: `OBJECT_MISSING` where git names a commit that it does not have. */
function answerOf(args: readonly string[], result: GitResult): GitResult {
  if (result.code === 0 || result.code === 1) return result;
  const missing =
    /(?:bad object|Not a valid commit name|Could not read|bad revision) '?\^?([0-9a-f]{40,64})/i.exec(
      result.stderr,
    );
  if (missing) throw objectMissing(missing[1] as string);
  throw result.stderr.includes('not a commit')
    ? new MgitError('OBJECT_TYPE_MISMATCH', `not a commit: ${args.at(-1)}`)
    : gitFailed(args, result);
}
