import type { MergeParameters, MergeRule } from '../merge-settings.ts';
import type { MergeRecipe, RecipePart, RecipeSlice } from './merge-recipe.ts';
import type { Scalar, Setting, Settings } from './settings.ts';

/** A recipe in which what the command line says counts more than what the file says. A list has one value per model. */
export function overrideSettings(
  recipe: MergeRecipe,
  given: { readonly parameters: MergeParameters; readonly rules: readonly MergeRule[] },
): MergeRecipe {
  const names = new Set(Object.keys(given.parameters));
  if (names.size === 0) return { ...recipe, rules: [...given.rules, ...recipe.rules] };
  const override: Override = { names, parameters: given.parameters };
  return {
    ...recipe,
    rules: [...given.rules, ...recipe.rules],
    parameters: { ...without(recipe.parameters, names), ...singles(given.parameters) },
    parts: recipe.parts.map(part => overridePart(part, override)),
  };
}

interface Override {
  readonly names: ReadonlySet<string>;
  readonly parameters: MergeParameters;
}

function overridePart(part: RecipePart, override: Override): RecipePart {
  return {
    ...part,
    parameters: without(part.parameters, override.names),
    slices: part.slices.map(slice => overrideSlice(slice, override)),
  };
}

function overrideSlice(slice: RecipeSlice, { names, parameters }: Override): RecipeSlice {
  return {
    ...slice,
    parameters: without(slice.parameters, names),
    sources: slice.sources.map((source, index) => ({
      ...source,
      parameters: { ...without(source.parameters, names), ...listed(parameters, index) },
    })),
  };
}

function without(settings: Settings, names: ReadonlySet<string>): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.has(name)));
}

function singles(parameters: MergeParameters): Settings {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) =>
      typeof value === 'object' ? [] : [[name, valueSetting(value)] as const],
    ),
  );
}

function listed(parameters: MergeParameters, index: number): Settings {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => {
      const own = typeof value === 'object' ? value[index] : undefined;
      return own === undefined ? [] : [[name, valueSetting(own)] as const];
    }),
  );
}

function valueSetting(value: Scalar): Setting {
  return { kind: 'value', value };
}
