import type { Split } from '../data/data-files.ts';
import type { Provider } from '../runtime/messages.ts';

/** Data of a recipe; `path` is relative to the work tree, or absolute. */
export interface RecipeData {
  readonly path: string;
  readonly split?: Split;
  readonly classes?: readonly number[];
  readonly limit?: number;
}

/** An optimiser as recipes write it. */
export interface RecipeOptimizer {
  readonly name: string;
  readonly learning_rate: number;
  readonly momentum?: number;
  readonly weight_decay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly schedule?: 'constant' | 'cosine' | 'linear';
  readonly warmup_steps?: number;
}

/** Training by mgit itself. Names as in the file, `schema/recipe.schema.json`. */
export interface EmbeddedRecipe {
  readonly version: 1;
  readonly model: { readonly path: string; readonly config: string };
  readonly task: 'image-classification';
  readonly data: RecipeData;
  readonly optimizer: RecipeOptimizer;
  readonly batch_size: number;
  /** Either this or `epochs`. */
  readonly steps?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly init?: 'random';
  /** Globs of parameters that training leaves as they are. */
  readonly freeze?: readonly string[];
  readonly provider?: Provider;
  readonly threads?: number;
}

/** Training by the user's own program, under the same record. */
export interface CommandRecipe {
  readonly version: 1;
  readonly model: { readonly path: string; readonly config?: string };
  readonly command: readonly string[];
  readonly data?: RecipeData;
  readonly seed?: number;
  readonly steps?: number;
  /** Seconds. */
  readonly timeout?: number;
}

/** A training recipe. */
export type Recipe = EmbeddedRecipe | CommandRecipe;

/** True when the user's own command does the training. */
export function isCommandRecipe(recipe: Recipe): recipe is CommandRecipe {
  return 'command' in recipe;
}

/** Where no seed is given. */
export const DEFAULT_SEED = 0;
