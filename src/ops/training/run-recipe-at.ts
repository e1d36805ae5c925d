import { join } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { isShardIndexPath } from '../../formats/safetensors/shard-index.ts';
import { parseModelConfig } from '../../train/architectures/model-config.ts';
import { DEFAULT_SEED, isCommandRecipe, type Recipe } from '../../train/recipe/recipe.ts';
import { type RecipeRun, runRecipe } from '../../train/run-recipe.ts';
import type { RunRecord } from '../../train/run-record.ts';
import { writeInitialWeights } from '../../train/weights/initial-weights.ts';
import type { Repository } from '../repository.ts';
import { folderDigest, trainingDataPath } from './training-data.ts';

/** A recipe, and the files it runs on. */
export interface RunInputs {
  readonly recipe: Recipe;
  /** The commit whose files lie in `root`. */
  readonly commit: CommitId;
  readonly root: string;
  /** An empty folder for results. */
  readonly scratch: string;
}

/** Runs a recipe on the files of a commit, wherever they lie: what `train` and `rerun` share. */
export async function runRecipeAt(
  repository: Repository,
  inputs: RunInputs,
  long: LongOperation,
): Promise<{ readonly run: RecipeRun; readonly data: RunRecord['data'] }> {
  const { ports } = repository;
  const { recipe, commit, root, scratch } = inputs;
  const config = await configText(repository, commit, recipe.model.config);
  const modelPath = await startingModel(repository, inputs, config);
  const dataPath = await trainingDataPath(repository, recipe, inputs);
  const digest =
    isCommandRecipe(recipe) && dataPath !== undefined ? await folderDigest(ports.fs, dataPath) : undefined;
  const run = await runRecipe({
    ...long,
    ports,
    recipe,
    root,
    modelPath,
    outputFolder: scratch,
    config,
    dataPath,
  });
  return { run, data: run.data ?? (digest === undefined ? undefined : { digest }) };
}

async function configText(
  repository: Repository,
  commit: CommitId,
  path: string | undefined,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const { history } = repository;
  const file = await history.findInTree((await history.readCommit(commit)).tree, path);
  if (file) return new TextDecoder().decode(await history.readBlob(file.id));
  throw new MgitError('CONFIG_MISSING', `${path} is not in the commit that training begins with`, {
    hint: 'commit the config, or correct model.config in the recipe',
  });
}

/** The model to begin with: that of the commit or, where it has none and the recipe says so, random weights by the recipe's seed. */
async function startingModel(
  repository: Repository,
  { recipe, root, scratch, commit }: RunInputs,
  config: string | undefined,
): Promise<string> {
  const { history, ports } = repository;
  const { path } = recipe.model;
  if (await history.findInTree((await history.readCommit(commit)).tree, path)) return join(root, path);
  if (isCommandRecipe(recipe)) return join(root, path);
  if (recipe.init !== 'random' || config === undefined)
    throw new MgitError('MODEL_MISSING', `there is no model ${path} to begin with`, {
      hint: 'commit one, or let the recipe begin with random weights: init: random',
    });
  if (isShardIndexPath(path))
    throw new MgitError('RECIPE_INVALID', `init: random writes one file, and ${path} stands for shards`, {
      hint: 'name a .safetensors file as model.path, or commit a sharded model to begin with',
    });
  const { network } = parseModelConfig(config, recipe.model.config);
  const initial = join(scratch, 'initial.safetensors');
  const seed = recipe.seed ?? DEFAULT_SEED;
  await writeInitialWeights(ports.fs, initial, { parameters: network.parameters, seed });
  return initial;
}
