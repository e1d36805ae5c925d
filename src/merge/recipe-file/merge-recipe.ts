import type { Dtype } from '../../tensor/dtype.ts';
import type { MergeRule } from '../merge-settings.ts';
import type { Settings } from './settings.ts';

/** A merge written in a file: what a person asked for, in one form for both ways of writing it. */
export interface MergeRecipe {
  /** What errors call the file. */
  readonly name: string;
  readonly text: string;
  readonly dialect: 'mgit' | 'mergekit';
  readonly method: string;
  /** Models are called as in the file: a folder, a file, or (in a repository) a revision. */
  readonly base: string | undefined;
  /** At least one. */
  readonly parts: readonly RecipePart[];
  readonly parameters: Settings;
  /** The first that matches a tensor's name decides, before the recipe's own method. */
  readonly rules: readonly MergeRule[];
  /** What floating-point tensors are read as, and written as unless `outDtype` says otherwise. */
  readonly dtype: Dtype | undefined;
  readonly outDtype: Dtype | undefined;
  readonly tokenizer: TokenizerChoice | undefined;
  readonly chatTemplate: string | undefined;
}

/** A part of the result with layers of its own. */
export interface RecipePart {
  /** Tensor names begin with it; undefined: the whole model. */
  readonly prefix: string | undefined;
  readonly slices: readonly RecipeSlice[];
  readonly parameters: Settings;
}

/** Consecutive layers of the result, merged from as many layers of each source. */
export interface RecipeSlice {
  readonly sources: readonly RecipeSource[];
  /** Instead of the recipe's base. */
  readonly base: string | undefined;
  readonly parameters: Settings;
}

/** One model of a slice. */
export interface RecipeSource {
  readonly model: string;
  /** From, and up to but not including; undefined: all. */
  readonly layers: readonly [number, number] | undefined;
  readonly parameters: Settings;
}

/** Which vocabulary the result has, and where the rows of its embeddings come from. */
export interface TokenizerChoice {
  readonly source: 'union' | 'base' | { readonly model: string };
  /** By token. */
  readonly tokens: Readonly<Record<string, TokenRule>>;
  /** Rows are filled up to a multiple of it. */
  readonly padToMultipleOf: number | undefined;
}

/** The embedding of one token. */
export interface TokenRule {
  readonly source: TokenSource | undefined;
  /** Models that know the token get this embedding, too. */
  readonly force: boolean;
}

/** Zeros, a model's embedding of the same token, or of another one. */
export type TokenSource =
  | { readonly kind: 'zero' }
  | { readonly kind: 'model'; readonly model: string }
  | { readonly kind: 'other-token'; readonly model: string; readonly token: string | number };

/** All models that a recipe names, each once: the base first, then in the order of the file. */
export function modelsOf(recipe: MergeRecipe): readonly string[] {
  const named = [recipe.base, ...recipe.parts.flatMap(({ slices }) => slices.flatMap(modelsOfSlice))];
  return [...new Set(named.filter(name => name !== undefined))];
}

function modelsOfSlice({ base, sources }: RecipeSlice): readonly (string | undefined)[] {
  return [base, ...sources.map(({ model }) => model)];
}
