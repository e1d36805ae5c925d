import type { Dtype } from '../../tensor/dtype.ts';
import type { ComputingMethod, MethodParameters } from '../method.ts';
import type { EmbeddingRows } from '../vocabulary/embedding-rows.ts';
import type { InputTensor } from './input-model.ts';

/** A tensor of a model as an input of the result. */
export interface TensorInput {
  /** As the recipe calls it. */
  readonly model: string;
  readonly tensor: InputTensor;
  /** The shape that is merged, where it is not the tensor's own: its first rows, or rows of another vocabulary. */
  readonly resized?: Resizing;
}

/** How an embedding gets other rows. */
export type Resizing =
  | { readonly kind: 'first-rows'; readonly rows: number }
  | { readonly kind: 'vocabulary'; readonly rows: EmbeddingRows; readonly donors: readonly InputTensor[] };

/** A tensor of the result: what is done for it. */
export type PlannedTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  /** What is written. */
  readonly dtype: Dtype;
} & (
  | { readonly action: 'copy'; readonly from: TensorInput }
  /** Not floating-point, and expected to be the same in all. */
  | { readonly action: 'same'; readonly inputs: readonly TensorInput[] }
  | {
      readonly action: 'compute';
      readonly method: ComputingMethod;
      /** Complete, for these models. */
      readonly parameters: MethodParameters;
      /** What the inputs become before the method sees them. */
      readonly computeDtype: Dtype;
      readonly base: TensorInput | undefined;
      readonly models: readonly TensorInput[];
    }
);

/** The inputs of a planned tensor, in the order in which they are read: the models, then the base. */
export function inputsOf(planned: PlannedTensor): readonly TensorInput[] {
  if (planned.action === 'copy') return [planned.from];
  if (planned.action === 'same') return planned.inputs;
  return planned.base ? [...planned.models, planned.base] : planned.models;
}
