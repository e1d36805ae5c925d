import { MgitError } from '../../base/errors.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import { isBatchCounter } from '../batch-counter.ts';
import { isFloat } from '../float-dtypes.ts';
import type { MergeRecipe } from '../recipe-file/merge-recipe.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { chooseDtypes } from './choose-dtypes.ts';
import { compileRecipe, type TensorDecision } from './decide-tensor.ts';
import { findInput, type MissingTensors, presentTensors } from './find-inputs.ts';
import { type ModelsByName, type OutputSource, type OutputTensor, outputTensors } from './output-tensors.ts';
import type { PlannedTensor, TensorInput } from './planned-tensor.ts';
import { resizeInputs, shapeOf } from './resize-inputs.ts';

/** What a plan is made from. */
export interface PlanModelInput {
  readonly recipe: MergeRecipe;
  readonly models: ModelsByName;
  /** The vocabulary of the result, where the recipe asks for one. */
  readonly vocabulary: Vocabulary | undefined;
  readonly missing: MissingTensors;
}

/**
 * Plans the merge of whole models, without reading data. Errors: `MERGE_TENSOR_MISSING`, `MERGE_SHAPE_DIFFERS`, `MERGE_DTYPE_DIFFERS`,
 * `MERGE_BASE_REQUIRED`, those of layers, methods and parameters.
 */
export function planModel(input: PlanModelInput): readonly PlannedTensor[] {
  const { recipe, models, missing } = input;
  const decide = compileRecipe(recipe);
  return presentTensors(outputTensors(recipe, models), models, missing).map(tensor =>
    planTensor(input, tensor, decide(tensor)),
  );
}

function planTensor(input: PlanModelInput, tensor: OutputTensor, decision: TensorDecision): PlannedTensor {
  const { name } = tensor;
  const { recipe } = input;
  if (decision.kind === 'take') {
    const [from] = resizedInputs(input, tensor, [decision.from]);
    const dtype = outputDtype(from.tensor.dtype, recipe);
    return { action: 'copy', name, shape: shapeOf(from), dtype, from };
  }
  const { base, models, method, parameters } = decision;
  const all = resizedInputs(input, tensor, base ? [...models, base] : models);
  const [first] = all;
  const shape = shapeOf(first);
  const dtypes = all.map(({ tensor: { dtype } }) => dtype);
  if (!dtypes.some(isFloat) && isBatchCounter(name))
    return { action: 'copy', name, shape, dtype: first.tensor.dtype, from: first };
  if (!dtypes.some(isFloat)) return { action: 'same', name, shape, dtype: first.tensor.dtype, inputs: all };
  if (!dtypes.every(isFloat)) throw dtypeDiffers(name, dtypes);
  const { compute, output } = chooseDtypes(dtypes, {
    dtype: recipe.dtype,
    outDtype: recipe.outDtype,
    numerics: parameters.numerics === 'mergekit' ? 'mergekit' : 'mgit',
    base: base && dtypes.at(-1),
  });
  const roles = { base: base && all.at(-1), models: all.slice(0, models.length) };
  return {
    action: 'compute',
    name,
    shape,
    dtype: output,
    method,
    parameters,
    computeDtype: compute,
    ...roles,
  };
}

function resizedInputs(
  { models, vocabulary }: PlanModelInput,
  { name }: OutputTensor,
  sources: readonly OutputSource[],
): readonly [TensorInput, ...TensorInput[]] {
  const found = sources.map(({ source, name: own }) => {
    const tensor = findInput(models.get(source.model), own);
    if (tensor) return { model: source.model, tensor };
    throw new MgitError('MERGE_TENSOR_MISSING', `missing: ${own} in ${source.model}`, {
      hint: 'choose a base of the same architecture',
    });
  });
  return resizeInputs(name, found as unknown as readonly [TensorInput, ...TensorInput[]], {
    models,
    vocabulary,
  });
}

function outputDtype(dtype: Dtype, { dtype: wanted, outDtype }: MergeRecipe): Dtype {
  return isFloat(dtype) ? (outDtype ?? wanted ?? dtype) : dtype;
}

function dtypeDiffers(name: string, dtypes: readonly Dtype[]): MgitError {
  return new MgitError('MERGE_DTYPE_DIFFERS', `${name} is ${[...new Set(dtypes)].join(' here and ')} there`, {
    hint: 'take it from one model, with -X take:<glob>=ours or a rule',
  });
}
