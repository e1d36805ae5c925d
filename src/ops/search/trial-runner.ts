import type { Repository } from '../repository.ts';
import type { SearchPlan } from './plan.ts';
import { mergeTrial, type ScoreContext, scoreTrial, type TrialMerge } from './trial.ts';
import type { TrialLog, TrialRecord } from './trial-log.ts';

/** A trial of this run. */
export interface Trial extends TrialRecord {
  /** From 1. */
  readonly number: number;
  /** Known from a run before. */
  readonly isKnown: boolean;
}

/** Runs trials within the limits of a search. */
export interface TrialRunner {
  readonly trials: readonly Trial[];
  /** Undefined: trials or budget are used up. */
  run(
    request: Pick<TrialRecord, 'given' | 'revisions'>,
    merge?: () => Promise<TrialMerge>,
  ): Promise<Trial | undefined>;
  ended(): 'complete' | 'trials' | 'budget';
}

interface RunnerOptions {
  readonly plan: SearchPlan;
  readonly log: TrialLog;
  readonly score: ScoreContext;
  readonly most: number;
  /** Seconds. */
  readonly budget: number;
}

/** Trials that the log has are not made again, and count as if they had been made now. */
export function trialRunner(repository: Repository, options: RunnerOptions): TrialRunner {
  const { plan, log, score, most, budget } = options;
  const { clock } = repository.ports;
  const { onEvent, signal } = score.long;
  const trials: Trial[] = [];
  let ended: ReturnType<TrialRunner['ended']> = 'complete';
  const make = async (
    request: Pick<TrialRecord, 'given' | 'revisions'>,
    merge: () => Promise<TrialMerge>,
  ) => {
    const start = clock.now();
    const trial = await merge();
    const found = await scoreTrial(repository, trial, score);
    const record = { ...request, ...found, tree: trial.tree, seconds: (clock.now() - start) / 1000 };
    await log.add(record);
    return record;
  };
  return {
    trials,
    ended: () => ended,
    run: async (request, merge = () => mergeTrial(repository, mergeOf(plan, request), score.long)) => {
      signal?.throwIfAborted();
      const used = trials.reduce((sum, { seconds }) => sum + seconds, 0);
      if (trials.length >= most || used >= budget) {
        ended = trials.length >= most ? 'trials' : 'budget';
        return undefined;
      }
      const number = trials.length + 1;
      onEvent?.({ type: 'step', message: `trial ${number}: ${describe(request)}` });
      const known = log.find(request);
      const trial = { ...(known ?? (await make(request, merge))), number, isKnown: known !== undefined };
      trials.push(trial);
      return trial;
    },
  };
}

function mergeOf(plan: SearchPlan, { revisions, given }: Pick<TrialRecord, 'given' | 'revisions'>) {
  const into = plan.situation.target.checkedOut ? undefined : plan.situation.target.ref;
  return { revisions, method: plan.method, given: [...plan.given, ...given], into, data: plan.data };
}

/** A trial in a few words. */
export function describe({ given, revisions }: Pick<TrialRecord, 'given' | 'revisions'>): string {
  return given.length > 0 ? given.join(' ') : revisions.join(' ');
}
