import { MgitError } from '../base/errors.ts';
import { fillsSpan } from '../store/manifest/fills-span.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import { compareUtf8, escapeName } from '../store/manifest/name-text.ts';

import type { InputModel } from './model-plan/input-model.ts';
import { planModel } from './model-plan/plan-model.ts';
import { inputsOf, type PlannedTensor, type TensorInput } from './model-plan/planned-tensor.ts';
import type { ComputeAction, TensorAction } from './plan.ts';
import { type FilePlan, planOf } from './plan-file.ts';
import type { MergeRecipe } from './recipe-file/merge-recipe.ts';
import { isSameTensor } from './same-tensor.ts';
import { tiedDraws } from './tied-draws.ts';

/** A model of a recipe in the store. */
export interface StoredInput {
  readonly manifest: Manifest;
  readonly config: InputModel['config'];
}

type TakeAction = Extract<TensorAction, { kind: 'take' }>;

/** The plan of a file that a recipe makes, and the models and tensors it was made from. */
export interface RecipeFilePlan {
  readonly file: FilePlan;
  readonly models: readonly InputModel[];
  readonly tensors: readonly PlannedTensor[];
}

/**
 * Plans a file that a recipe makes of stored models: every tensor, whether it was changed or not. Results are recipe records, whose inputs are like
 * the result, so nothing is converted or resized. Errors: `MERGE_RECIPE_NEEDS_OUT`, `MERGE_NOT_A_FLOAT`, those of {@link planModel}.
 */
export function planRecipeFile(
  recipe: MergeRecipe,
  inputs: ReadonlyMap<string, StoredInput>,
): RecipeFilePlan {
  const stored = new Map([...inputs].map(([name, { manifest }]) => [name, byName(manifest)]));
  const models = new Map(
    [...inputs].map(([name, { config }]) => [name, { name, config, tensors: stored.get(name) ?? new Map() }]),
  );
  const names = [...inputs.keys()].filter(name => name !== recipe.base || inputs.size === 1);
  const tensorOf = ({ model, tensor }: TensorInput): ManifestTensor =>
    stored.get(model)?.get(tensor.name) as ManifestTensor;
  const tensors = planModel({ recipe, models, vocabulary: undefined, missing: 'refuse' });
  const actions = tensors
    .toSorted((left, right) => compareUtf8(escapeName(left.name), escapeName(right.name)))
    .map(planned => actionOf(planned, { names, tensorOf }))
    .map(tiedDraws());
  const manifests = names.flatMap(name => inputs.get(name)?.manifest ?? []);
  const file = planOf(actions, {
    base: recipe.base === undefined ? undefined : inputs.get(recipe.base)?.manifest,
    models: manifests,
    layouts: manifests,
  });
  return { file, models: [...models.values()], tensors };
}

function byName({ tensors }: Manifest): ReadonlyMap<string, ManifestTensor> {
  return new Map(tensors.map(tensor => [tensor.name, tensor]));
}

interface ActionContext {
  /** The models without the base, in their order. */
  readonly names: readonly string[];
  readonly tensorOf: (input: TensorInput) => ManifestTensor;
}

function actionOf(planned: PlannedTensor, context: ActionContext): TakeAction | ComputeAction {
  const { names, tensorOf } = context;
  const { name } = planned;
  const inputs = inputsOf(planned);
  const other = inputs.find(input => input.resized || input.tensor.dtype !== planned.dtype);
  if (other)
    throw needsOut(name, other.resized ? 'other rows' : `dtype ${planned.dtype} for ${other.tensor.dtype}`);
  if (planned.action === 'copy') return takeAction(name, planned.from, context);
  if (planned.action === 'same') return sameAction(planned, context);
  const { method, parameters, models } = planned;
  const all = inputs.map(tensorOf);
  if (!all.every(tensor => fillsSpan(tensor, tensor.extent)))
    throw needsOut(name, 'a part of bytes that others share');
  return {
    kind: 'compute',
    name,
    method,
    parameters,
    base: planned.base && tensorOf(planned.base),
    models: models.map(({ model }) => Math.max(0, names.indexOf(model))),
    tensors: models.map(tensorOf),
  };
}

function takeAction(name: string, input: TensorInput, { names, tensorOf }: ActionContext): TakeAction {
  const from = names.indexOf(input.model);
  return { kind: 'take', name, from: from < 0 ? 'base' : from, reason: 'rule', tensor: tensorOf(input) };
}

function sameAction(
  { name, inputs, dtype }: Extract<PlannedTensor, { action: 'same' }>,
  context: ActionContext,
): TakeAction {
  const [first, ...others] = inputs as readonly [TensorInput, ...TensorInput[]];
  const differing = others.find(input => !isSameTensor(context.tensorOf(input), context.tensorOf(first)));
  if (differing === undefined) return takeAction(name, first, context);
  throw new MgitError(
    'MERGE_NOT_A_FLOAT',
    `${name} is ${dtype}, which has no average, and differs in ${first.model} and ${differing.model}`,
    {
      hint: `take it from one model: -X take:${name}=ours, or a rule in the recipe`,
      details: { tensor: name },
    },
  );
}

function needsOut(name: string, what: string): MgitError {
  return new MgitError(
    'MERGE_RECIPE_NEEDS_OUT',
    `${name} would get ${what}, which a merge commit does not hold`,
    {
      hint: 'merge with --out, and commit the result',
    },
  );
}
