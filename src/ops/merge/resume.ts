import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { MergeSettings } from '../../merge/merge-settings.ts';
import { compileRules } from '../../merge/rules.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import { treeOf } from '../history/manifests-at.ts';
import { readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { writeFiles } from '../worktree/checkout.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { requireMergeState } from './abort.ts';
import { alignPaths } from './align-paths.ts';
import { readBaseTree } from './base-tree.ts';
import type { FileConflict } from './file-conflict.ts';
import { type MergePathsContext, mergePath, type PathOutcome } from './merge-paths.ts';
import { type MergeState, writeMergeState } from './merge-state.ts';
import { type ModelReport, mergeModels } from './models.ts';
import { refuseUnmatched } from './refuse-unmatched.ts';
import { combinedSettings, parseGivenSettings } from './settings.ts';
import { type MergeSituation, readTarget } from './situation.ts';

/** A waiting merge after what the user has decided. */
export interface ResumedMerge {
  readonly state: MergeState;
  readonly situation: MergeSituation;
  /** The index: the merged files once `state.conflicts` is empty. */
  readonly files: readonly TreeFile[];
}

/**
 * Takes up a waiting merge. What the user has added is resolved; further `-X` values may resolve models and whole files. Errors:
 * `MERGE_NONE`, `MERGE_TARGET_MOVED`, those of the settings and of the methods.
 */
export async function resumeMerge(
  repository: Repository,
  given: readonly string[],
  long: LongOperation,
): Promise<ResumedMerge> {
  const waiting = await requireMergeState(repository);
  const state = { ...waiting, given: [...waiting.given, ...given] };
  const sides = [state.tip, ...state.revisions.map(({ commit }) => commit)];
  await refuseUnmatched(repository, parseGivenSettings(given).rules, sides);
  const situation = await situationOf(repository, state);
  const base = await readBaseTree(repository, state.bases, long);
  const labels = ['HEAD', ...state.revisions.map(({ revision }) => revision)];
  const { decide, names } = situation;
  const outcomes = await retryUnmerged(repository, { base, sides, labels, decide, names });
  const { files, conflicts, models } = await applyResolved(repository, outcomes, long);
  const resumed: MergeState = { ...state, models: [...state.models, ...models], conflicts };
  await writeMergeState(repository, resumed);
  return { state: resumed, situation, files };
}

async function situationOf(repository: Repository, state: MergeState): Promise<MergeSituation> {
  const target = await readTarget(repository, undefined);
  if (target.ref !== state.target || target.tip !== state.tip)
    throw new MgitError('MERGE_TARGET_MOVED', `${state.target} is not where the merge began`, {
      hint: 'give the merge up with "mgit merge --abort" and begin it again',
    });
  const project = await readProjectFile(repository.history, state.tip);
  const settings = combinedSettings(
    project.merge,
    parseGivenSettings(state.given),
    state.method ?? undefined,
  );
  return {
    target,
    revisions: state.revisions,
    isFastForward: false,
    bases: state.bases,
    settings: state.recipe ? settingsOf(state.recipe) : settings,
    decide: compileRules(settings, state.revisions.length + 1),
    names: project.names,
  };
}

/** What the merge record tells of a recipe. */
function settingsOf({ method, rules }: NonNullable<MergeState['recipe']>): MergeSettings {
  return { ...(method === undefined ? {} : { method }), ...(rules ? { rules } : {}) };
}

/** The versions of all paths of a merge that waits, and how they are decided now. */
export interface WaitingPaths extends MergePathsContext {
  readonly base: ObjectId;
  /** Ours first. */
  readonly sides: readonly CommitId[] | readonly ObjectId[];
}

/** Merges the paths that are still unmerged in the index once more, under the present settings. */
export async function retryUnmerged(
  repository: Repository,
  { base, sides, ...context }: WaitingPaths,
): Promise<readonly PathOutcome[]> {
  const index = await readIndexState(await workTreeOf(repository));
  const open = new Set(index.unmerged.map(({ path }) => path));
  const list = async (id: ObjectId) => repository.history.listTree(await treeOf(repository, id));
  const [origin, ...trees] = await Promise.all([base, ...sides].map(list));
  const outcomes: PathOutcome[] = [];
  for (const version of await alignPaths(repository, origin ?? [], trees))
    if (open.has(version.path)) outcomes.push(await mergePath(repository, version, context));
  return outcomes;
}

/** What came of a second try: the index is the merged files once no conflict is left. */
export interface RetriedPaths {
  readonly files: readonly TreeFile[];
  readonly conflicts: readonly FileConflict[];
  readonly models: readonly ModelReport[];
}

/** Writes and stages what is resolved now. */
export async function applyResolved(
  repository: Repository,
  outcomes: readonly PathOutcome[],
  long: LongOperation,
): Promise<RetriedPaths> {
  const workTree = await workTreeOf(repository);
  const models = outcomes.filter(outcome => outcome.kind === 'model');
  const merged = await mergeModels(repository, models, long);
  const taken = outcomes.flatMap(outcome => (outcome.kind === 'file' ? [outcome.file] : []));
  const files = [...merged.files, ...taken];
  const remove = outcomes.flatMap(outcome => (outcome.kind === 'removed' ? [outcome.path] : []));
  await changeFiles(workTree, {
    plan: async () => undefined,
    perform: async (_, index) => {
      await removeTreeFiles(workTree, remove);
      const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
      return { set: await writeFiles(repository, files, { attributes, long }), remove };
    },
  });
  const index = await readIndexState(workTree);
  const unmerged = new Set(index.unmerged.map(({ path }) => path));
  const open = outcomes.flatMap(outcome => (outcome.kind === 'conflict' ? [outcome.conflict] : []));
  return {
    files: [...index.tracked.values()].filter(entry => !entry.intentToAdd),
    conflicts: open.filter(({ path }) => unmerged.has(path)),
    models: merged.reports,
  };
}
