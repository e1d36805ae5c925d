import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { GateRun } from '../gate/gate-run.ts';
import { treeOf } from '../history/manifests-at.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { defaultMessage, writeCandidate, writeCandidateRef } from './candidate.ts';
import type { FileConflict } from './file-conflict.ts';
import { landCandidate, type RunGates, refuseUngated } from './land.ts';
import {
  type RecipeText,
  type RepositoryRecipe,
  readRepositoryRecipe,
  recipeSituation,
  withRecipe,
} from './merge-recipe.ts';
import type { SearchSummary } from './merge-record.ts';
import { clearMergeState, type MergeState } from './merge-state.ts';
import { type MergedPaths, mergePaths } from './merged-tree.ts';
import { type ModelReport, mergeModels } from './models.ts';
import { pauseMerge } from './pause.ts';
import { refuseLocalChanges } from './refuse-local-changes.ts';
import { resumeMerge } from './resume.ts';
import { type MergeSituation, readSituation } from './situation.ts';
import { withData } from './with-data.ts';

/** How candidates of a protected branch are gated. */
export interface GateOptions {
  /** Default: the gates of `mgit.yaml`. */
  readonly runGates?: RunGates;
  /** False (`--no-gate`) is refused where the target is protected. */
  readonly gate?: boolean;
  readonly allowPolicyChange?: boolean;
}

/** What `mgit merge` is asked to do. */
export interface MergeOptions extends LongOperation, GateOptions {
  readonly revisions: readonly string[];
  readonly method?: string;
  /** The values of `-X`. */
  readonly given?: readonly string[];
  readonly into?: string;
  readonly message?: string;
  /** Data for methods that measure: one path for all models, or one for each, ours first. */
  readonly data?: readonly string[];
  /** How the parameters were found, for the merge record. */
  readonly search?: SearchSummary;
  /** Says which revisions are merged and how, in place of `revisions` and `method`. */
  readonly recipe?: Omit<RecipeText, 'given'>;
}

/** What came of a merge. */
export type MergeOutcome =
  | { readonly kind: 'up-to-date'; readonly target: string; readonly tip: CommitId }
  | {
      readonly kind: 'landed';
      readonly target: string;
      readonly previous: CommitId;
      readonly commit: CommitId;
      readonly fastForward: boolean;
      readonly models: readonly ModelReport[];
      readonly gates: GateRun | undefined;
      /** How often the merge was made: more than once when the branch moved meanwhile. */
      readonly attempts: number;
    }
  | {
      readonly kind: 'held';
      readonly target: string;
      readonly tip: CommitId;
      readonly candidate: CommitId;
      readonly models: readonly ModelReport[];
      readonly gates: GateRun;
    }
  | { readonly kind: 'conflicts'; readonly target: string; readonly conflicts: readonly FileConflict[] };

/** How often a merge is made again because its branch moved. */
const MOST_ATTEMPTS = 3;

/**
 * Merges revisions into a branch: the result is a candidate first, passes the gates of a protected branch, and the branch
 * advances to exactly it or not at all. A branch that moves meanwhile is merged again and gated again. Errors: `LOCAL_CHANGES`,
 * `MERGE_IN_PROGRESS`, `MERGE_CONFLICTS` (into a branch that is not checked out), `MERGE_BASE_AMBIGUOUS`, `MERGE_UNRELATED`,
 * `MERGE_NON_FINITE`, `BRANCH_PROTECTED`, `REF_CONFLICT`, those of settings, recipes, methods and gates.
 */
export async function mergeRevisions(repository: Repository, options: MergeOptions): Promise<MergeOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await mergeOnce(repository, options, attempt);
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isMgitError(error, 'REF_CONFLICT', 'GATE_CANDIDATE_STALE'))
        throw error;
      options.onEvent?.({
        type: 'warning',
        code: 'MERGE_AGAIN',
        message: `the branch moved meanwhile: merging again (attempt ${attempt + 1} of ${MOST_ATTEMPTS})`,
      });
    }
  }
}

/**
 * Goes on with a merge whose conflicts the user has resolved, by `add`, or by further `-X` values. Errors: `MERGE_NONE`,
 * `MERGE_TARGET_MOVED`, and those of {@link mergeRevisions}.
 */
export async function continueMerge(
  repository: Repository,
  options: LongOperation & GateOptions & { readonly given?: readonly string[]; readonly message?: string },
): Promise<MergeOutcome> {
  const { state, situation, files } = await resumeMerge(repository, options.given ?? [], options);
  const { ref } = situation.target;
  if (state.conflicts.length > 0) return { kind: 'conflicts', target: ref, conflicts: state.conflicts };
  const filesAt = await repository.history.writeTree(files);
  const message = options.message ?? state.message;
  const candidate = await writeCandidate(repository, situation, {
    ...{ files, models: state.models, message },
    ...(state.recipe ? { recipe: state.recipe.text } : {}),
  });
  const gate = options.gate !== false && state.gate;
  const result = await land(repository, situation, {
    ...options,
    gate,
    candidate,
    models: state.models,
    filesAt,
  });
  if (result.kind === 'landed') await clearMergeState(repository);
  return result;
}

async function mergeOnce(
  repository: Repository,
  options: MergeOptions,
  attempts: number,
): Promise<MergeOutcome> {
  const { method, given = [], into, revisions } = options;
  if (options.recipe) {
    const recipe = await readRepositoryRecipe(repository, { ...options.recipe, given }, options);
    return mergeByRecipe(repository, recipe, { ...options, attempts });
  }
  const situation = await readSituation(repository, { revisions, method, given, into });
  const { target } = situation;
  if (target.checkedOut) await refuseUnconcluded(repository);
  const [first] = situation.revisions;
  if (first === undefined) return { kind: 'up-to-date', target: target.ref, tip: target.tip };
  refuseUngated(target, options.gate !== false);
  if (!situation.isFastForward) return mergeDiverged(repository, situation, { ...options, attempts });
  if (target.protection) await writeCandidateRef(repository, first.commit);
  return land(repository, situation, { ...options, candidate: first.commit, models: [], attempts });
}

/** Models are what the recipe makes of them, whatever changed on which side; everything else is merged as ever. */
async function mergeByRecipe(
  repository: Repository,
  recipe: RepositoryRecipe,
  options: MergeOptions & { readonly attempts: number },
): Promise<MergeOutcome> {
  const situation = await recipeSituation(repository, recipe, options.into);
  const { target } = situation;
  if (target.checkedOut) await refuseUnconcluded(repository);
  refuseUngated(target, options.gate !== false);
  const merged = await withRecipe(repository, await mergePaths(repository, situation, options), recipe);
  const { name, text, method, rules } = recipe.recipe;
  const message = options.message ?? `Merge ${recipe.revisions.join(', ')} by ${name}\n`;
  return mergePlanned(repository, situation, {
    ...options,
    ...{ merged, message, method: undefined, given: [], recipe: { text, method, rules } },
  });
}

async function mergeDiverged(
  repository: Repository,
  situation: MergeSituation,
  options: MergeOptions & { readonly attempts: number },
): Promise<MergeOutcome> {
  const merged = await mergePaths(repository, situation, options);
  const message = options.message ?? (await defaultMessage(repository, situation));
  return mergePlanned(repository, situation, { ...options, merged, message, recipe: undefined });
}

interface PlannedMerge extends Omit<MergeOptions, 'recipe' | 'method'> {
  readonly merged: MergedPaths;
  readonly message: string;
  readonly method?: string | undefined;
  readonly recipe: MergeState['recipe'];
  readonly attempts: number;
}

async function mergePlanned(
  repository: Repository,
  situation: MergeSituation,
  { recipe, ...options }: PlannedMerge,
): Promise<MergeOutcome> {
  const { target } = situation;
  const { merged, message, search } = options;
  if (target.checkedOut) await refuseLocalChanges(repository, situation, merged);
  else refuseConflicts(merged, `${target.ref} is not checked out`);
  const { models: planned, measured } = recipe
    ? { models: merged.models, measured: undefined }
    : await withData(repository, situation, merged.models, options);
  const { files: computed, reports: models } = await mergeModels(repository, planned, options);
  const files = [...merged.files, ...computed];
  if (merged.conflicts.length > 0) {
    const state = stateOf(situation, { ...options, recipe, models, conflicts: merged.conflicts });
    await pauseMerge(repository, { ...options, state, files, conflicts: merged.conflicts });
    return { kind: 'conflicts', target: target.ref, conflicts: state.conflicts };
  }
  const how = {
    ...(recipe ? { recipe: recipe.text } : {}),
    ...(search ? { search } : {}),
    ...(measured ? { measured } : {}),
  };
  const candidate = await writeCandidate(repository, situation, { files, models, message, ...how });
  return land(repository, situation, { ...options, candidate, models });
}

/** A merge into a branch without a work tree cannot wait for anybody. */
export function refuseConflicts({ conflicts }: MergedPaths, why: string): void {
  if (conflicts.length === 0) return;
  const paths = conflicts.map(({ conflict }) => conflict.path);
  throw new MgitError('MERGE_CONFLICTS', `conflicts in ${paths.join(', ')}; ${why}`, {
    hint: 'switch to that branch and merge there, or decide with -X take:<glob>=ours',
    details: { conflicts: conflicts.map(({ conflict }) => conflict) },
  });
}

function stateOf(
  { target, revisions, bases }: MergeSituation,
  merge: {
    readonly method?: string | undefined;
    readonly given?: readonly string[];
    readonly gate?: boolean;
    readonly message: string;
    readonly recipe: MergeState['recipe'];
    readonly models: readonly ModelReport[];
    readonly conflicts: MergedPaths['conflicts'];
  },
): MergeState {
  return {
    version: 1,
    target: target.ref,
    tip: target.tip,
    revisions,
    bases,
    method: merge.method ?? null,
    given: merge.given ?? [],
    message: merge.message,
    gate: merge.gate !== false,
    conflicts: merge.conflicts.map(({ conflict }) => conflict),
    models: merge.models,
    ...(merge.recipe ? { recipe: merge.recipe } : {}),
  };
}

interface LandOptions extends LongOperation, GateOptions {
  readonly candidate: CommitId;
  readonly models: readonly ModelReport[];
  readonly attempts?: number;
  /** The tree that the work tree shows; default: the tip's. */
  readonly filesAt?: ObjectId;
}

async function land(
  repository: Repository,
  situation: MergeSituation,
  options: LandOptions,
): Promise<MergeOutcome> {
  const { target, revisions, isFastForward } = situation;
  const { candidate, models } = options;
  const names = revisions.map(({ revision }) => revision).join(' ');
  const landing = await landCandidate(repository, {
    ...options,
    target,
    filesAt: options.filesAt ?? (await treeOf(repository, target.tip)),
    reason: `merge ${names}: ${isFastForward ? 'Fast-forward' : 'Merge made by mgit'}`,
  });
  if (landing.kind === 'held')
    return { kind: 'held', target: target.ref, tip: target.tip, candidate, models, gates: landing.gates };
  return {
    kind: 'landed',
    target: target.ref,
    previous: target.tip,
    commit: landing.commit,
    fastForward: isFastForward,
    models,
    gates: landing.gates,
    attempts: options.attempts ?? 1,
  };
}
