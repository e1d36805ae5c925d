import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Head } from '../../store/history/history.ts';
import { refuseProtected } from '../gate/protection.ts';
import { parseRange } from '../history/log.ts';
import { headPosition } from '../history/ref-journal.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import { refuseUnmatched } from '../merge/refuse-unmatched.ts';
import type { Repository } from '../repository.ts';
import type { EmptyPolicy, ReplayOptions } from './replay-sequence.ts';
import { takeRules } from './replay-settings.ts';
import { type ReplayOutcome, runSequence } from './run-sequence.ts';

/** What `mgit cherry-pick` and `mgit revert` are asked to do. */
export interface PickOptions extends LongOperation {
  /** Commits and ranges. */
  readonly revisions: readonly string[];
  /** Factor of the change; default 1. */
  readonly scale?: number;
  /** The values of `-X`: `take:<glob>=<side>`. */
  readonly given?: readonly string[];
  /** The parent that a merge's change is seen from, counted from 1. */
  readonly mainline?: number;
  readonly recordOrigin?: boolean;
  readonly empty?: EmptyPolicy;
  /** Keep a commit that continues HEAD already (`--ff`). */
  readonly fastForward?: boolean;
  readonly message?: string;
  readonly edit?: (draft: string) => Promise<string>;
}

/**
 * Adds the changes of commits to the current branch, or takes them away. Tensors that HEAD has as the change's base are taken by digest, others
 * computed as ours + scale * (theirs - base). The branch moves once, when all are made; a conflict waits. Errors: `REVISION_UNKNOWN`,
 * `BRANCH_PROTECTED`, `MERGE_IN_PROGRESS`, `REPLAY_IN_PROGRESS`, `NO_COMMITS`, and those of `runSequence`.
 */
export async function pickCommits(
  repository: Repository,
  operation: 'cherry-pick' | 'revert',
  options: PickOptions,
): Promise<ReplayOutcome> {
  await refuseUnconcluded(repository);
  const { head, commit } = await currentCommit(repository);
  if (head.kind === 'branch') await refuseProtected(repository, head.ref, commit);
  const todo = await commitsOf(repository, operation, options.revisions);
  await refuseUnmatched(repository, takeRules(options.given ?? []), [commit, ...todo]);
  const sequence = {
    operation,
    began: headPosition(head),
    target: head.kind === 'branch' ? head.ref : 'HEAD',
    origin: commit,
    onto: commit,
    ontoName: 'HEAD',
    tip: commit,
    done: [],
    dropped: [],
    todo,
    options: replayOptions(options, todo),
  };
  const { tree: filesAt } = await repository.history.readCommit(commit);
  return runSequence(repository, sequence, { ...options, filesAt, headAt: commit });
}

function replayOptions(options: PickOptions, todo: readonly CommitId[]): ReplayOptions {
  if (options.message !== undefined && todo.length > 1)
    throw new MgitError('USAGE', `--message is for one commit, not for ${todo.length}`, {
      hint: 'leave it out, or use --edit',
    });
  return {
    scale: options.scale ?? 1,
    given: options.given ?? [],
    mainline: options.mainline ?? null,
    recordOrigin: options.recordOrigin === true,
    empty: options.empty ?? 'stop',
    reuse: options.fastForward === true,
    message: options.message ?? null,
  };
}

/** HEAD with its commit. Errors: `NO_COMMITS`. */
export async function currentCommit(
  repository: Repository,
): Promise<{ readonly head: Head; readonly commit: CommitId }> {
  const head = await repository.history.head();
  if (head.commit !== undefined) return { head, commit: head.commit };
  throw new MgitError('NO_COMMITS', 'the current branch has no commit yet', {
    hint: 'make it from another one with mgit switch -c <name> <revision>',
  });
}

/**
 * The commits in the order of the words; those of a range in the order of history, a revert's the other way. With `^a` all words are one
 * range. Errors: `REVISION_UNKNOWN`, `USAGE` when there are none.
 */
export async function commitsOf(
  repository: Repository,
  operation: 'cherry-pick' | 'revert',
  words: readonly string[],
): Promise<readonly CommitId[]> {
  const sets = await Promise.all(words.map(word => parseRange(repository, word)));
  const isOneRange = words.some(word => word.startsWith('^'));
  const joined = {
    include: sets.flatMap(({ include }) => include),
    exclude: sets.flatMap(({ exclude }) => exclude),
  };
  const found: CommitId[] = [];
  for (const set of isOneRange ? [joined] : sets) {
    const walked: CommitId[] = [];
    const isSingle = set.include.length === 1 && set.exclude.length === 0;
    for await (const { id } of repository.history.walk({ ...set, ...(isSingle ? { limit: 1 } : {}) }))
      walked.push(id);
    found.push(...(operation === 'revert' ? walked : walked.reverse()));
  }
  if (found.length > 0) return found;
  throw new MgitError('USAGE', `there is no commit to ${operation} in ${words.join(' ')}`, {
    hint: `name one: mgit ${operation} <revision>`,
  });
}
