import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { compileRules } from '../../merge/rules.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { changeFiles } from '../../store/worktree/change-files.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { removeTreeFiles } from '../../store/worktree/write-file.ts';
import { filesOf } from '../history/tree-changes.ts';
import { readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { writeFiles } from '../worktree/checkout.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { requireMergeState } from './abort.ts';
import { alignPaths } from './align-paths.ts';
import { readBaseTree } from './base-tree.ts';
import { mergePath, type PathOutcome } from './merge-paths.ts';
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
  const outcomes = await retry(repository, { situation, state }, long);
  const reports = await applyResolved(repository, outcomes, long);
  const index = await readIndexState(await workTreeOf(repository));
  const unmerged = new Set(index.unmerged.map(({ path }) => path));
  const stillOpen = outcomes.flatMap(outcome => (outcome.kind === 'conflict' ? [outcome.conflict] : []));
  const resumed: MergeState = {
    ...state,
    models: [...state.models, ...reports],
    conflicts: stillOpen.filter(({ path }) => unmerged.has(path)),
  };
  await writeMergeState(repository, resumed);
  const files = [...index.tracked.values()].filter(entry => !entry.intentToAdd);
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
    settings,
    decide: compileRules(settings, state.revisions.length + 1),
    names: project.names,
  };
}

/** Merges the paths that are still unmerged in the index once more, under the present settings. */
async function retry(
  repository: Repository,
  { situation, state }: Pick<ResumedMerge, 'situation' | 'state'>,
  long: LongOperation,
): Promise<readonly PathOutcome[]> {
  const index = await readIndexState(await workTreeOf(repository));
  const open = new Set(index.unmerged.map(({ path }) => path));
  const sides = [state.tip, ...state.revisions.map(({ commit }) => commit)];
  const trees = await Promise.all(sides.map(commit => filesOf(repository, commit)));
  const labels = ['HEAD', ...state.revisions.map(({ revision }) => revision)];
  const base = await repository.history.listTree(await readBaseTree(repository, state.bases, long));
  const versions = await alignPaths(repository, base, trees);
  const outcomes: PathOutcome[] = [];
  for (const version of versions)
    if (open.has(version.path))
      outcomes.push(
        await mergePath(repository, version, { decide: situation.decide, names: situation.names, labels }),
      );
  return outcomes;
}

/** Writes and stages what is resolved now. */
async function applyResolved(
  repository: Repository,
  outcomes: readonly PathOutcome[],
  long: LongOperation,
): Promise<readonly ModelReport[]> {
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
  return merged.reports;
}
