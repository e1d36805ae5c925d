import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { openWorkspace } from '../gate/workspace.ts';
import { type GateOptions, type MergeOutcome, mergeRevisions } from '../merge/merge.ts';
import type { Repository } from '../repository.ts';
import { openDevelopment } from './development.ts';
import { greedySoup } from './greedy-soup.ts';
import {
  gridTrials,
  planSearch,
  type SearchKind,
  type SearchPlan,
  type SearchRequest,
  searchId,
  USUAL_TRIALS,
} from './plan.ts';
import { pointSearch } from './point-search.ts';
import { openTrialLog, type TrialRecord } from './trial-log.ts';
import { type Trial, trialRunner } from './trial-runner.ts';

/** What `mgit merge-search` is asked to do. */
export interface MergeSearchOptions extends SearchRequest, LongOperation, Omit<GateOptions, 'gate'> {
  /** Trials at most. Default: all of a grid or soup, else {@link USUAL_TRIALS}. */
  readonly trials?: number;
  /** Seconds of trials at most, those of a run before among them. */
  readonly budget?: number;
  /** False: only search. */
  readonly merge?: boolean;
  readonly message?: string;
}

/** What a search found, and what came of merging it. */
export interface MergeSearchResult {
  readonly kind: 'searched';
  readonly id: string;
  readonly search: SearchKind;
  readonly method: string;
  readonly gate: string;
  readonly metric: string;
  readonly target: string;
  readonly trials: readonly Trial[];
  readonly best: Trial;
  /** Why there were no more trials. */
  readonly ended: 'complete' | 'trials' | 'budget';
  /** Absent where nothing was to be merged. */
  readonly merge?: MergeOutcome;
}

/** What `--dry-run` tells. */
export interface MergeSearchPreview {
  readonly kind: 'preview';
  readonly search: SearchKind;
  readonly method: string;
  readonly gate: string;
  readonly metric: string;
  readonly target: string;
  readonly dimensions: SearchPlan['dimensions'];
  /** At most. */
  readonly trials: number;
}

/**
 * Searches the parameters of a merge, or which revisions to average, by trials on a gate's development data; then merges what did best,
 * through the gates of the branch as every merge. Trials are kept as they end, so that a search goes on where it was interrupted.
 * Errors: those of {@link planSearch}, {@link openDevelopment}, `mergeRevisions`; `SEARCH_NO_RESULT`.
 */
export async function mergeSearch(
  repository: Repository,
  options: MergeSearchOptions,
): Promise<MergeSearchResult> {
  const plan = await planSearch(repository, options);
  const { kind, method, situation, gate, policy, given } = plan;
  await using workspace = await openWorkspace(repository, policy, options);
  const development = await openDevelopment(repository, { policy, gate, workspace }, options.metric);
  const id = searchId(plan, development);
  const runner = trialRunner(repository, {
    ...{ plan, log: await openTrialLog(repository, id) },
    score: { policy, workspace, development, long: options },
    most: options.trials ?? (kind === 'cma-es' ? USUAL_TRIALS : Number.POSITIVE_INFINITY),
    budget: options.budget ?? Number.POSITIVE_INFINITY,
  });
  const best =
    kind === 'greedy-soup' ? await greedySoup(repository, plan, runner) : await pointSearch(plan, runner);
  if (best?.score === null || best === undefined) throw noResult(runner.trials);
  const { metric } = development;
  const found = {
    ...{ id, search: kind, method, gate: gate.name, metric },
    target: situation.target.ref,
    ended: runner.ended(),
  };
  const result = { kind: 'searched', ...found, trials: runner.trials, best } as const;
  if (options.merge === false || best.revisions.length === 0) return result;
  const { search: _search, gate: _gate, ...merging } = options;
  const merge = await mergeRevisions(repository, {
    ...merging,
    ...{ revisions: best.revisions, method, given: [...given, ...best.given] },
    search: {
      kind,
      gate: gate.name,
      metric,
      score: best.score,
      trials: runner.trials.length,
      seed: plan.seed,
      id,
    },
  });
  return { ...result, merge };
}

/** Says what would be tried, and tries nothing. Errors: as {@link mergeSearch} has them before its first trial. */
export async function previewSearch(
  repository: Repository,
  options: MergeSearchOptions,
): Promise<MergeSearchPreview> {
  const plan = await planSearch(repository, options);
  const { kind, method, gate, policy, situation, dimensions } = plan;
  await using workspace = await openWorkspace(repository, policy, options);
  const { metric } = await openDevelopment(repository, { policy, gate, workspace }, options.metric);
  const soup = 2 * plan.sides.length - 1;
  const all = kind === 'greedy-soup' ? soup : (gridTrials(plan) ?? USUAL_TRIALS);
  const trials =
    options.trials === undefined || (kind !== 'cma-es' && all < options.trials) ? all : options.trials;
  return {
    kind: 'preview',
    search: kind,
    method,
    gate: gate.name,
    metric,
    target: situation.target.ref,
    dimensions,
    trials,
  };
}

function noResult(trials: readonly TrialRecord[]): MgitError {
  return new MgitError(
    'SEARCH_NO_RESULT',
    `none of ${trials.length} trials gave a model with finite answers`,
    {
      hint: 'look at the models with mgit diff, or search elsewhere with --over',
    },
  );
}
