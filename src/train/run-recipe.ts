import { basename, join } from 'node:path';
import type { LongOperation } from '../base/events.ts';
import type { Ports } from '../base/ports/ports.ts';
import { runCommand } from './command/run-command.ts';
import {
  type CommandRecipe,
  DEFAULT_SEED,
  type EmbeddedRecipe,
  isCommandRecipe,
  type Recipe,
} from './recipe/recipe.ts';
import { describeRuntime, type RuntimeDescription } from './runtime/describe-runtime.ts';
import { trainModel } from './train.ts';

/** A recipe to run on files. All paths are absolute. */
export interface RunRecipeOptions extends LongOperation {
  readonly ports: Pick<Ports, 'fs' | 'processes' | 'parallelism'>;
  readonly recipe: Recipe;
  /** Holds the files of the base commit: where a command runs and configs are. */
  readonly root: string;
  readonly modelPath: string;
  /** An empty folder; the model is written to it under its own name. */
  readonly outputFolder: string;
  /** The text of the config; embedded training needs it. */
  readonly config: string | undefined;
  readonly dataPath: string | undefined;
}

/** How a run went, whoever did the work. */
export interface RecipeRun {
  readonly outputPath: string;
  readonly seed: number;
  readonly steps: number | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of embedded training; a command's data is digested by whoever calls. */
  readonly data: { readonly digest: string; readonly items: number } | undefined;
  readonly runtime: RuntimeDescription;
}

/** Runs a recipe: embedded training, or the user's own command. Errors: those of `trainModel` and `runCommand`. */
export function runRecipe(options: RunRecipeOptions): Promise<RecipeRun> {
  const { recipe } = options;
  return isCommandRecipe(recipe) ? runOwnCommand(options, recipe) : runEmbedded(options, recipe);
}

async function runEmbedded(options: RunRecipeOptions, recipe: EmbeddedRecipe): Promise<RecipeRun> {
  const outputPath = join(options.outputFolder, basename(recipe.model.path));
  const dataPath = options.dataPath ?? recipe.data.path;
  const result = await trainModel({
    ...options,
    config: options.config ?? '',
    recipe: { ...recipe, data: { ...recipe.data, path: dataPath } },
    outputPath,
  });
  return { ...result, outputPath, data: { digest: result.dataDigest, items: result.items } };
}

async function runOwnCommand(options: RunRecipeOptions, recipe: CommandRecipe): Promise<RecipeRun> {
  const outputPath = join(options.outputFolder, basename(recipe.model.path));
  const configPath = recipe.model.config === undefined ? undefined : join(options.root, recipe.model.config);
  const metricsPath = join(options.outputFolder, 'metrics.json');
  const metrics = await runCommand({
    ...options,
    recipe,
    outputPath,
    metricsPath,
    configPath,
    dataPath: options.dataPath,
  });
  return {
    outputPath,
    seed: recipe.seed ?? DEFAULT_SEED,
    steps: recipe.steps,
    metrics,
    data: undefined,
    runtime: describeRuntime({ provider: 'cpu', threads: options.ports.parallelism }),
  };
}
