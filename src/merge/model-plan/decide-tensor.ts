import { MgitError } from '../../base/errors.ts';
import { globMatcher } from '../../base/globs.ts';
import type { MergeRule } from '../merge-settings.ts';
import type { ComputingMethod, MethodParameters } from '../method.ts';
import { methodNamed } from '../methods/registry.ts';
import { completeParameters } from '../parameters.ts';
import type { MergeRecipe } from '../recipe-file/merge-recipe.ts';
import { firstValue, type Scalar } from '../recipe-file/settings.ts';
import { seededFor } from '../task-vectors/seed.ts';
import type { OutputSource, OutputTensor } from './output-tensors.ts';

/** How a tensor of the result comes about. */
export type TensorDecision =
  | { readonly kind: 'take'; readonly from: OutputSource }
  | {
      readonly kind: 'compute';
      readonly method: ComputingMethod;
      /** Complete, for these models. */
      readonly parameters: MethodParameters;
      readonly base: OutputSource | undefined;
      readonly models: readonly OutputSource[];
    };

/** Decides about a tensor of the result. */
export type DecideTensor = (tensor: OutputTensor) => TensorDecision;

/** Compiles a recipe's method, parameters and rules. Errors: those of the methods and their parameters; on use `MERGE_BASE_REQUIRED`. */
export function compileRecipe(recipe: MergeRecipe): DecideTensor {
  const rules = recipe.rules.map(rule => ({ rule, matches: globMatcher(rule.match) }));
  const method = methodNamed(recipe.method);
  return tensor => {
    const rule = rules.find(({ matches }) => matches(tensor.name))?.rule;
    if (rule?.take) return take(rule.take, tensor, recipe);
    const chosen = rule?.method === undefined ? method : methodNamed(rule.method);
    if (chosen.kind === 'take') return take(chosen.side, tensor, recipe);
    return compute({ method: chosen, tensor, recipe, rule });
  };
}

function take(side: 'ours' | 'theirs' | 'base', tensor: OutputTensor, recipe: MergeRecipe): TensorDecision {
  const from = side === 'base' ? baseOf(tensor, recipe) : tensor.sources[side === 'ours' ? 0 : 1];
  if (from) return { kind: 'take', from };
  throw new MgitError('MERGE_BASE_REQUIRED', `there is no ${side} to take ${tensor.name} from`, {
    hint: 'name the base and the models in the recipe',
  });
}

/** A tensor, the method for it, and the rule that chose it. */
interface Choice {
  readonly method: ComputingMethod;
  readonly tensor: OutputTensor;
  readonly recipe: MergeRecipe;
  readonly rule: MergeRule | undefined;
}

function compute(choice: Choice): TensorDecision {
  const { method, tensor } = choice;
  const { base, models } = rolesOf(choice);
  const parameters = completeParameters(method, givenParameters(choice, models), models.length);
  if (base === undefined && method.needsBase(parameters))
    throw new MgitError('MERGE_BASE_REQUIRED', `${method.name} needs a base model for ${tensor.name}`, {
      hint: 'name it as the base in the recipe, and, where there are slices, among the sources of each',
    });
  return {
    kind: 'compute',
    method,
    parameters: seededFor(tensor.name, parameters),
    base: method.needsBase(parameters) ? base : undefined,
    models,
  };
}

/** Where a method has no use for a base, it is a model like the others, but never without being named among them. */
function rolesOf({ method, tensor, recipe }: Choice) {
  if (method.baseRole === 'unused') return { base: undefined, models: tensor.sources };
  const name = tensor.slice.base ?? recipe.base;
  const base = baseOf(tensor, recipe);
  const others = tensor.sources.filter(({ source }) => source.model !== name);
  if (method.baseRole === 'origin') return { base, models: others };
  return { base: undefined, models: base ? [base, ...others] : others };
}

/** The base's tensor: among the sources, or, where whole models are merged, the one of the same name. */
function baseOf({ name, slice, sources }: OutputTensor, recipe: MergeRecipe): OutputSource | undefined {
  const model = slice.base ?? recipe.base;
  const among = sources.find(({ source }) => source.model === model);
  if (among || model === undefined || sources.some(({ source }) => source.layers)) return among;
  return { source: { model, layers: undefined, parameters: {} }, name };
}

function givenParameters(choice: Choice, models: readonly OutputSource[]): MethodParameters {
  const { method } = choice;
  const given: Record<string, Scalar | readonly Scalar[]> = {};
  if (hasImpliedOrigin(choice)) given.origin = 'base';
  for (const { name, perModel, default: otherwise } of method.parameters) {
    const values = perModel
      ? models.map(model => parameterOf(name, choice, model))
      : [parameterOf(name, choice, undefined)];
    if (values.every(value => value === undefined)) continue;
    const filled = values.map(value => value ?? (otherwise as Scalar));
    given[name] = perModel ? filled : (filled[0] as Scalar);
  }
  return given;
}

/** In a mergekit recipe, naming a base is what asks for changes from it to be merged, not whole models. */
function hasImpliedOrigin({ method, tensor, recipe }: Choice): boolean {
  const hasChoice = method.parameters.some(({ name }) => name === 'origin');
  return hasChoice && recipe.dialect === 'mergekit' && baseOf(tensor, recipe) !== undefined;
}

/** A rule counts more than a model's own parameters, and these more than those of its slice, part and recipe. */
function parameterOf(name: string, choice: Choice, model: OutputSource | undefined): Scalar | undefined {
  const { method, tensor, recipe, rule } = choice;
  const ruled = rule?.parameters?.[name];
  if (ruled !== undefined)
    return typeof ruled === 'object' ? ruled[model ? tensor.sources.indexOf(model) : 0] : ruled;
  if (method.name !== recipe.method) return undefined;
  const levels = [
    model?.source.parameters,
    tensor.slice.parameters,
    tensor.part.parameters,
    recipe.parameters,
  ];
  return firstValue(name, levels, { tensor: model?.name ?? tensor.name, depth: tensor.depth });
}
