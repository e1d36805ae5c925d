import type { JsonValue } from '../base/canonical-json.ts';
import { MgitError } from '../base/errors.ts';
import type { EvaluateRecipe, ReadRecipeInput, Recipe } from '../store/packs/records.ts';
import { byteLength, parseDtype } from '../tensor/dtype.ts';
import type { ComputingMethod, MethodInput, MethodParameters, MethodTask } from './method.ts';
import { METHODS } from './methods/registry.ts';
import { completeParameters } from './parameters.ts';
import { SLICE_ELEMENTS } from './slices.ts';
import { type InputSource, KEPT_BYTES, openInputs } from './tensor-inputs.ts';

/** The shape of `Recipe.parameters` for the methods of this layer; indexes refer to the recipe's inputs. */
interface RecipeParameters {
  readonly shape: readonly number[];
  readonly base: number | null;
  readonly models: readonly number[];
  readonly statistics: readonly number[];
  readonly values: MethodParameters;
}

/** Recomputes a merged tensor from its recipe; what the store calls for records of kind `recipe`. */
export const evaluateRecipe: EvaluateRecipe = async function* (recipe, read, signal) {
  const method = methodOf(recipe);
  const parameters = readParameters(recipe);
  const dtype = parseDtype(recipe.dtype);
  const { base, models } = parameters;
  const used = [...new Set([...models, ...(base === null ? [] : [base])])]; // Two models may be the same.
  using opened = openInputs(
    used.map(index => sourceOf(recipe, { read, index, like: recipe })),
    { keptBytes: method.isMultiPass ? KEPT_BYTES : 0 },
  );
  const statistics = statisticsOf(recipe, { method, parameters, read });
  using measured = openInputs(statistics);
  const inputOf = (index: number): MethodInput => opened.inputs[used.indexOf(index)] as MethodInput;
  const task: MethodTask = {
    dtype,
    shape: parameters.shape,
    base: base === null ? undefined : inputOf(base),
    models: models.map(inputOf),
    ...(statistics.length > 0 ? { statistics: measured.inputs } : {}),
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

/** The inputs that were measured. */
function statisticsOf(
  recipe: Recipe,
  {
    method,
    parameters,
    read,
  }: { method: ComputingMethod; parameters: RecipeParameters; read: ReadRecipeInput },
): readonly InputSource[] {
  const { statistics, models, shape } = parameters;
  const measured = method.statistics?.shapeFor(shape);
  const isMissing = statistics.length === 0 && method.statistics?.isRequired !== true;
  if (!isMissing && (measured === undefined || statistics.length !== models.length))
    throw invalid(`it has ${statistics.length} statistics for ${models.length} models`);
  const like = { dtype: 'F32', length: byteLength('F32', measured ?? []) };
  return statistics.map(index => sourceOf(recipe, { read, index, like }));
}

interface WantedInput {
  readonly read: ReadRecipeInput;
  readonly index: number;
  readonly like: Pick<Recipe, 'dtype' | 'length'>;
}

function sourceOf(recipe: Recipe, { read, index, like }: WantedInput): InputSource {
  const input = recipe.inputs[index];
  if (input === undefined) throw invalid(`there is no input ${index}`);
  if (input.dtype !== like.dtype || input.length !== like.length)
    throw invalid(`input ${index} is not like ${like === recipe ? 'the result' : 'a statistic of it'}`);
  return {
    dtype: parseDtype(input.dtype),
    length: input.length,
    fetch: (offset, target) => read(index, offset, target.length, target),
  };
}

function readParameters({ parameters }: Recipe): RecipeParameters {
  const { shape, base, models, statistics = [], values } = parameters;
  if (!isIndexes(shape) || !isIndexes(models) || models.length === 0) throw invalid('no shape or no models');
  if (!isIndexes(statistics)) throw invalid('no statistics');
  if (base !== null && !isIndexes([base ?? null])) throw invalid('no base');
  if (values === null || typeof values !== 'object' || Array.isArray(values)) throw invalid('no values');
  return { shape, models, statistics, base: base as number | null, values: values as MethodParameters };
}

function isIndexes(value: JsonValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && Number(item) >= 0);
}

function invalid(problem: string): MgitError {
  return new MgitError('RECIPE_INVALID', `a merge recipe makes no sense: ${problem}`);
}
