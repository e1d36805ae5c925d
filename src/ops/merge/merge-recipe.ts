import { dirname } from 'node:path';
import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { InputModel } from '../../merge/model-plan/input-model.ts';
import { planRecipeFile, type RecipeFilePlan, type StoredInput } from '../../merge/plan-recipe-file.ts';
import { unusedParameters, unusedText } from '../../merge/recipe-file/check-parameters.ts';
import { type MergeRecipe, modelsOf } from '../../merge/recipe-file/merge-recipe.ts';
import { overrideSettings } from '../../merge/recipe-file/override-settings.ts';
import { readMergeRecipe } from '../../merge/recipe-file/read-merge-recipe.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { parseRevisionPath } from '../content/revision-path.ts';
import { listModels, readManifestAt } from '../history/manifests-at.ts';
import { mergedConfig } from '../merge-folder/model-config.ts';
import { warn } from '../merge-folder/plan-warnings.ts';
import { jsonBytes } from '../merge-folder/tokenizer-files.ts';
import type { Repository } from '../repository.ts';
import type { MergedPaths } from './merged-tree.ts';
import type { PlannedModel } from './models.ts';
import { parseGivenSettings } from './settings.ts';
import { type MergeSituation, readSituation } from './situation.ts';

/** A recipe's file, and what the command line adds to it. */
export interface RecipeText {
  readonly name: string;
  readonly text: string;
  readonly given: readonly string[];
}

/** A model of a recipe in a repository. */
interface RecipePlace {
  readonly commit: CommitId;
  /** Undefined: every model of the revision, each by itself. */
  readonly path: string | undefined;
}

/** A recipe whose models are revisions, or files of revisions. */
export interface RepositoryRecipe {
  readonly recipe: MergeRecipe;
  /** What becomes parents of the merge: all models but the base. */
  readonly revisions: readonly string[];
  /** By what the recipe calls them; the base first, if there is one. */
  readonly places: ReadonlyMap<string, RecipePlace>;
}

/**
 * Reads a recipe in which models are called `<revision>` or `<revision>:<path>`. Errors: those of recipes; `REVISION_UNKNOWN`;
 * `MERGE_RECIPE_NEEDS_OUT` for vocabularies and chat templates, which only folders have.
 */
export async function readRepositoryRecipe(
  { history }: Repository,
  { name, text, given }: RecipeText,
  operation: LongOperation,
): Promise<RepositoryRecipe> {
  const recipe = overrideSettings(readMergeRecipe(text, name), parseGivenSettings(given));
  for (const unused of unusedParameters(recipe))
    warn(operation, 'PARAMETER_UNUSED', unusedText(recipe, unused));
  if (recipe.tokenizer || recipe.chatTemplate) throw needsOut('tokenizers and chat templates are merged');
  const places = new Map<string, RecipePlace>();
  const revisions: string[] = [];
  for (const model of modelsOf(recipe)) {
    const { revision, path } = model.includes(':')
      ? parseRevisionPath(model)
      : { revision: model, path: undefined };
    places.set(model, { commit: await resolveModel(history, revision), path });
    if (model !== recipe.base) revisions.push(revision);
  }
  return { recipe, revisions: [...new Set(revisions)], places };
}

async function resolveModel(history: Repository['history'], revision: string): Promise<CommitId> {
  try {
    return await history.resolveCommit(revision);
  } catch (cause) {
    if (!isMgitError(cause, 'REVISION_UNKNOWN') || !revision.includes('+')) throw cause;
    throw new MgitError(
      'MERGE_RECIPE_NEEDS_OUT',
      `${revision}: adapters are applied only to folders and files`,
      {
        hint: 'commit the adapted model first, with mgit commit --adapter, and name that commit',
        cause,
      },
    );
  }
}

/** Where things stand for a merge by a recipe: its method decides, and its models are merged, whether they descend from the target or not. */
export async function recipeSituation(
  repository: Repository,
  { recipe: { method, rules }, revisions }: RepositoryRecipe,
  into: string | undefined,
): Promise<MergeSituation> {
  const situation = await readSituation(repository, { revisions, method, given: [], into });
  return { ...situation, isFastForward: false, settings: { method, rules } };
}

/** Puts what the recipe makes in the place of what a three-way merge would have made of the same paths. */
export async function withRecipe(
  repository: Repository,
  merged: MergedPaths,
  given: RepositoryRecipe,
): Promise<MergedPaths> {
  const models: PlannedModel[] = [];
  const configs: TreeFile[] = [];
  for (const path of await resultPaths(repository, given)) {
    const plan = await planRecipe(repository, given, path);
    models.push({ path, mode: 0o100644, plan: plan.file });
    const config = isSliced(given.recipe) && mergedConfig(plan.models, plan.tensors, undefined)?.config;
    if (config) configs.push(await configFile(repository, path, config));
  }
  const paths = new Set([...models, ...configs].map(({ path }) => path));
  return {
    files: [...merged.files.filter(({ path }) => !paths.has(path)), ...configs],
    models: [...merged.models.filter(({ path }) => !paths.has(path)), ...models],
    conflicts: merged.conflicts.filter(({ conflict }) => !paths.has(conflict.path)),
  };
}

async function planRecipe(
  repository: Repository,
  { recipe, places }: RepositoryRecipe,
  path: string,
): Promise<RecipeFilePlan> {
  const inputs = new Map<string, StoredInput>();
  for (const [name, place] of places)
    inputs.set(name, await storedInput(repository, name, { ...place, path: place.path ?? path }));
  return planRecipeFile(recipe, inputs);
}

function isSliced({ parts }: MergeRecipe): boolean {
  return parts.some(({ slices }) => slices.some(({ sources }) => sources.some(({ layers }) => layers)));
}

async function configFile({ history }: Repository, path: string, config: object): Promise<TreeFile> {
  return { path: configPath(path), mode: 0o100644, id: await history.writeBlob(jsonBytes(config)) };
}

function configPath(model: string): string {
  const folder = dirname(model);
  return folder === '.' ? 'config.json' : `${folder}/config.json`;
}

/** The path that the first named file has, or those of all models of the first revision. */
async function resultPaths(
  repository: Repository,
  { recipe, places }: RepositoryRecipe,
): Promise<readonly string[]> {
  const models = [...places].filter(([name]) => name !== recipe.base || places.size === 1);
  const named = models.flatMap(([, { path }]) => path ?? []);
  if (named[0] !== undefined) return [named[0]];
  const paths: string[] = [];
  const [first] = models;
  if (first) for await (const { path } of listModels(repository, first[1].commit)) paths.push(path);
  if (paths.length > 0) return paths;
  throw new MgitError('MODEL_NOT_FOUND', `${first?.[0]} holds no model`, {
    hint: 'name a file: <revision>:<path>',
  });
}

async function storedInput(
  repository: Repository,
  name: string,
  { commit, path }: { readonly commit: CommitId; readonly path: string },
): Promise<StoredInput> {
  const manifest: Manifest | undefined = await readManifestAt(repository, commit, path);
  if (manifest === undefined)
    throw new MgitError('MODEL_NOT_FOUND', `there is no model ${path} in ${name}`, {
      hint: 'name the file of each revision: <revision>:<path>',
    });
  return { manifest, config: await configBeside(repository, commit, path) };
}

async function configBeside(
  { history }: Repository,
  commit: CommitId,
  path: string,
): Promise<InputModel['config']> {
  const { tree } = await history.readCommit(commit);
  const file = await history.findInTree(tree, configPath(path));
  if (file === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(await history.readBlob(file.id))) as InputModel['config'];
  } catch (cause) {
    throw new MgitError('MODEL_CONFIG_INVALID', `the config.json beside ${path} is no JSON`, {
      cause,
      hint: 'correct and commit it',
    });
  }
}

function needsOut(what: string): MgitError {
  return new MgitError('MERGE_RECIPE_NEEDS_OUT', `${what} only in folders`, {
    hint: 'merge with --out, and commit the result',
  });
}
