import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { refuseProtected } from '../gate/protection.ts';
import { subjectOf } from '../history/commit.ts';
import { refuseUnmatched } from '../merge/refuse-unmatched.ts';
import { applyResolved, type RetriedPaths, retryUnmerged } from '../merge/resume.ts';
import type { Repository } from '../repository.ts';
import { restoreTree } from '../worktree/restore-tree.ts';
import { advanced, committed } from './advance-sequence.ts';
import { moved } from './end-sequence.ts';
import { outcomeOf } from './pause-sequence.ts';
import type { ReplaySequence, WaitingReplay } from './replay-sequence.ts';
import { readReplaySettings, takeRules } from './replay-settings.ts';
import { requireWaitingReplay, writeWaitingReplay } from './replay-state.ts';
import { type ReplayOperation, type ReplayStep, readStep } from './replay-step.ts';
import { type ReplayOutcome, runSequence } from './run-sequence.ts';

/** How a waiting sequence goes on. */
export interface ContinueOptions extends LongOperation {
  readonly operation: ReplayOperation;
  /** Further values of `-X`. */
  readonly given?: readonly string[];
  readonly message?: string;
  readonly edit?: (draft: string) => Promise<string>;
}

/**
 * Goes on with a sequence whose conflicts the user has resolved, by `add`, or by further `-X` values. Errors: `REPLAY_NONE`, `REPLAY_MOVED`,
 * `NOTHING_TO_REPLAY`, and those of `runSequence`.
 */
export async function continueReplay(
  repository: Repository,
  options: ContinueOptions,
): Promise<ReplayOutcome> {
  const waiting = await requireWaitingReplay(repository, options.operation);
  const given = options.given ?? [];
  const state = withGiven(waiting, given);
  const { sequence } = state;
  const [current] = sequence.todo;
  if (current === undefined) throw moved(sequence);
  await refuseProtected(repository, sequence.target, sequence.origin);
  const step = await readStep(repository, current, { ...sequence, ...sequence.options });
  const concluded = await concludedBy(repository, sequence);
  if (concluded !== undefined) return goOn(repository, advanced(sequence, step, concluded), options);
  await refuseUnmatched(repository, takeRules(given), [sequence.tip, current]);
  const { resumed, files } = await retry(repository, { state, step }, options);
  if (resumed.conflicts.length > 0) return outcomeOf(resumed, subjectOf(step.commit.message));
  const draft = options.message ?? resumed.message;
  const message = (await options.edit?.(draft)) ?? draft;
  const settings = await readReplaySettings(repository.history, { ...sequence, ...sequence.options });
  const applied = { files, models: resumed.models };
  const next = await committed(repository, { sequence, step, applied, settings, message });
  return goOn(repository, next, {
    ...options,
    models: resumed.models,
    filesAt: await repository.history.writeTree(files),
  });
}

/** Leaves the waiting commit out, and goes on with those after it. Errors: as {@link continueReplay}. */
export async function skipReplay(repository: Repository, options: ContinueOptions): Promise<ReplayOutcome> {
  const { sequence, shown } = await requireWaitingReplay(repository, options.operation);
  const [current, ...todo] = sequence.todo;
  const { tree } = await repository.history.readCommit(sequence.tip);
  if (current === undefined || (await repository.history.head()).commit !== sequence.tip)
    throw moved(sequence);
  await refuseProtected(repository, sequence.target, sequence.origin);
  await restoreTree(repository, { ...options, tree, from: shown });
  const dropped = [...sequence.dropped, current];
  return goOn(repository, { ...sequence, dropped, todo }, options);
}

async function goOn(
  repository: Repository,
  sequence: ReplaySequence,
  options: ContinueOptions & { readonly filesAt?: ObjectId; readonly models?: RetriedPaths['models'] },
): Promise<ReplayOutcome> {
  const { history } = repository;
  const head = (await history.head()).commit ?? sequence.tip;
  const filesAt = options.filesAt ?? (await history.readCommit(head)).tree;
  return runSequence(repository, sequence, { ...options, filesAt, headAt: head });
}

function withGiven(state: WaitingReplay, given: readonly string[]): WaitingReplay {
  const { sequence } = state;
  const options = { ...sequence.options, given: [...sequence.options.given, ...given] };
  return { ...state, sequence: { ...sequence, options } };
}

/** A commit that a plain `git commit` made of the one that waited. Errors: `REPLAY_MOVED` when HEAD is anywhere else. */
async function concludedBy({ history }: Repository, sequence: ReplaySequence): Promise<CommitId | undefined> {
  const { commit } = await history.head();
  if (commit === sequence.tip) return undefined;
  if (commit !== undefined && (await history.readCommit(commit)).parents[0] === sequence.tip) return commit;
  throw moved(sequence);
}

async function retry(
  repository: Repository,
  { state, step }: { readonly state: WaitingReplay; readonly step: ReplayStep },
  long: LongOperation,
): Promise<{ readonly resumed: WaitingReplay; readonly files: RetriedPaths['files'] }> {
  const { sequence } = state;
  const { paths } = await readReplaySettings(repository.history, {
    ...sequence,
    ...sequence.options,
  });
  const outcomes = await retryUnmerged(repository, {
    base: step.base,
    sides: [sequence.tip, step.theirs],
    labels: ['HEAD', step.label],
    ...paths,
  });
  const { files, conflicts, models } = await applyResolved(repository, outcomes, long);
  const resumed = { ...state, conflicts, models: [...state.models, ...models] };
  await writeWaitingReplay(repository, resumed);
  return { resumed, files };
}
