import type { JsonValue } from '../base/canonical-json.ts';
import { MgitError } from '../base/errors.ts';
import type { Digest } from '../base/ids.ts';
import type { EvaluateRecipe, ReadRecipeInput, Recipe } from '../store/packs/records.ts';
import { byteLength, type Dtype, parseDtype } from '../tensor/dtype.ts';
import type { ComputingMethod, MethodInput, MethodParameters, MethodTask } from './method.ts';
import { METHODS } from './methods/registry.ts';
import { completeParameters } from './parameters.ts';
import { chunkedInput } from './tensor-input.ts';

/** Elements that a method works on at a time: small enough for its registers to stay in a core's cache. */
export const SLICE_ELEMENTS = 64 * 1024;

/** The shape of `Recipe.parameters` for the methods of this layer; indexes refer to the recipe's inputs. */
interface RecipeParameters {
  readonly shape: readonly number[];
  readonly base: number | null;
  readonly models: readonly number[];
  readonly values: MethodParameters;
}

/** One merged tensor, described by what it is computed from. */
export interface RecipeSource {
  readonly method: ComputingMethod;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly base: Digest | undefined;
  readonly models: readonly Digest[];
  /** Complete. */
  readonly parameters: MethodParameters;
}

/** The self-contained record of a merged tensor: method, version of its numerics, parameters, inputs (each once). */
export function recipeOf(source: RecipeSource): Recipe {
  const length = byteLength(source.dtype, source.shape);
  const digests = [...new Set([...(source.base ? [source.base] : []), ...source.models])];
  return {
    method: source.method.name,
    kernels: source.method.kernels,
    dtype: source.dtype,
    length,
    inputs: digests.map(digest => ({ digest, dtype: source.dtype, length })),
    parameters: {
      shape: source.shape,
      base: source.base ? digests.indexOf(source.base) : null,
      models: source.models.map(digest => digests.indexOf(digest)),
      values: source.parameters,
    },
  };
}

/** Recomputes a merged tensor from its recipe; what the store calls for records of kind `recipe`. */
export const evaluateRecipe: EvaluateRecipe = async function* (recipe, read, signal) {
  const method = methodOf(recipe);
  const parameters = readParameters(recipe);
  const dtype = parseDtype(recipe.dtype);
  const task: MethodTask = {
    dtype,
    shape: parameters.shape,
    base: parameters.base === null ? undefined : inputOf(recipe, read, parameters.base),
    models: parameters.models.map(index => inputOf(recipe, read, index)),
    parameters: completeParameters(method, parameters.values, parameters.models.length),
    sliceElements: SLICE_ELEMENTS,
    ...(signal ? { signal } : {}),
  };
  if (byteLength(dtype, task.shape) !== recipe.length) throw invalid('shape and length disagree');
  yield* method.run(task);
};

function methodOf(recipe: Recipe): ComputingMethod {
  const method = METHODS.find(item => item.name === recipe.method);
  if (method?.kind !== 'compute' || method.kernels !== recipe.kernels)
    throw new MgitError(
      'RECIPE_UNSUPPORTED',
      `this version cannot recompute merges by ${recipe.method}, kernels ${recipe.kernels}`,
      { hint: 'install a newer mgit' },
    );
  return method;
}

function inputOf(recipe: Recipe, read: ReadRecipeInput, index: number): MethodInput {
  const input = recipe.inputs[index];
  if (input === undefined) throw invalid(`there is no input ${index}`);
  if (input.dtype !== recipe.dtype || input.length !== recipe.length)
    throw invalid(`input ${index} is not like the result`);
  return chunkedInput({ dtype: parseDtype(input.dtype), length: input.length }, (offset, length) =>
    read(index, offset, length),
  );
}

function readParameters({ parameters }: Recipe): RecipeParameters {
  const { shape, base, models, values } = parameters;
  if (!isIndexes(shape) || !isIndexes(models) || models.length === 0) throw invalid('no shape or no models');
  if (base !== null && !isIndexes([base ?? null])) throw invalid('no base');
  if (values === null || typeof values !== 'object' || Array.isArray(values)) throw invalid('no values');
  return { shape, models, base: base as number | null, values: values as MethodParameters };
}

function isIndexes(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && Number(item) >= 0);
}

function invalid(problem: string): MgitError {
  return new MgitError('RECIPE_INVALID', `a merge recipe makes no sense: ${problem}`);
}
