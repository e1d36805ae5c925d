import { MgitError } from '../../base/errors.ts';
import { embeddingRows } from '../vocabulary/embedding-rows.ts';
import type { Vocabulary } from '../vocabulary/vocabulary.ts';
import { findInput, isVocabularyTensor } from './find-inputs.ts';
import type { InputTensor } from './input-model.ts';
import type { ModelsByName } from './output-tensors.ts';
import type { TensorInput } from './planned-tensor.ts';

/** What inputs are brought to one shape with. */
export interface ResizeContext {
  readonly models: ModelsByName;
  readonly vocabulary: Vocabulary | undefined;
}

type Inputs = readonly [TensorInput, ...TensorInput[]];

/** The shape of an input as it is merged. */
export function shapeOf({ tensor, resized }: TensorInput): readonly number[] {
  if (resized === undefined) return tensor.shape;
  const rows = resized.kind === 'first-rows' ? resized.rows : resized.rows.donor.length;
  return [rows, ...tensor.shape.slice(1)];
}

/**
 * Gives tensors with a row for each token the rows of the result's vocabulary; without one, the first rows that all have. Errors:
 * `MERGE_SHAPE_DIFFERS` for other tensors, and where more than the rows differs.
 */
export function resizeInputs(name: string, inputs: Inputs, context: ResizeContext): Inputs {
  const { vocabulary } = context;
  const hasTokens = inputs.every(input => isOfTokens(input, context.models));
  if (!hasTokens) return sameShape(name, inputs);
  const resized = vocabulary
    ? inputs.map(input => inVocabulary(input, name, { ...context, vocabulary }))
    : commonRows(inputs);
  return sameShape(name, resized as unknown as Inputs);
}

function isOfTokens({ model, tensor }: TensorInput, models: ModelsByName): boolean {
  const owner = models.get(model);
  return owner !== undefined && isVocabularyTensor(owner, tensor);
}

function inVocabulary(
  input: TensorInput,
  name: string,
  { models, vocabulary }: ResizeContext & { readonly vocabulary: Vocabulary },
): TensorInput {
  const rows = embeddingRows(vocabulary, input.model);
  const donors = rows.donors.map((donor, index): InputTensor => {
    const tensor = index === 0 ? input.tensor : findInput(models.get(donor), name);
    if (tensor && sameWidth(tensor, input.tensor)) return tensor;
    throw new MgitError(
      'MERGE_SHAPE_DIFFERS',
      `the rows of ${name} in ${donor} do not fit those of ${input.model}`,
      {
        hint: 'merge models with embeddings of one width',
      },
    );
  });
  return { ...input, resized: { kind: 'vocabulary', rows, donors } };
}

function sameWidth(left: InputTensor, right: InputTensor): boolean {
  return String(left.shape.slice(1)) === String(right.shape.slice(1));
}

function commonRows(inputs: Inputs): readonly TensorInput[] {
  const rows = Math.min(...inputs.map(({ tensor }) => tensor.shape[0] ?? 0));
  return inputs.map(input =>
    input.tensor.shape[0] === rows ? input : { ...input, resized: { kind: 'first-rows' as const, rows } },
  );
}

function sameShape(name: string, inputs: Inputs): Inputs {
  const [first] = inputs;
  const other = inputs.find(input => String(shapeOf(input)) !== String(shapeOf(first)));
  if (other === undefined) return inputs;
  const shapes = [first, other].map(input => `[${shapeOf(input)}] in ${input.model}`);
  throw new MgitError('MERGE_SHAPE_DIFFERS', `${name} is ${shapes.join(' and ')}`, {
    hint: 'merge models of one shape, or take it from one model with -X take:<glob>=ours; tokenizer_source: union or base resizes embeddings',
  });
}
