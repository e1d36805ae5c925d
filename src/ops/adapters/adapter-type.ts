import type { Digest } from '../../base/ids.ts';
import type { FactorBytes, PredictedTensor } from '../../store/tensor-store.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';
import type { AdapterConfig } from './adapter-config.ts';

/** A tensor of the adapter's file. Names are those of the model as PEFT saw it. */
export interface AdapterTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its bytes in slices of whole elements. */
  slices(): AsyncIterable<Uint8Array>;
  /** All of it, as a factor. Errors: `ADAPTER_UNSUPPORTED` for other types than F32, F16 and BF16, or too many elements. */
  factor(): Promise<FactorBytes>;
}

/** A tensor of the checkpoint that an adapter changes. */
export interface AdaptedTensor {
  readonly digest: Digest;
  readonly dtype: PredictedDtype;
  readonly shape: readonly number[];
}

/** What an adapter does to one tensor. `target` is the tensor's name in the model as PEFT saw it. */
export type TensorChange =
  | {
      readonly kind: 'computed';
      readonly target: string;
      /** Nothing happens where the model has no such tensor, such as the bias of a layer. */
      readonly isOptional: boolean;
      /** How the tensor follows from the one of the checkpoint. Errors: `ADAPTER_MISMATCH`. */
      predict(base: AdaptedTensor): Promise<PredictedTensor>;
    }
  | { readonly kind: 'replaced'; readonly target: string; readonly by: AdapterTensor };

/** One type of adapter, in a file of its own, listed in `registry.ts`. */
export interface AdapterType {
  /** As `peft_type` says it. */
  readonly name: string;
  /** What the adapter does. Errors: `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`, which name what is wrong. */
  changes(config: AdapterConfig, tensors: readonly AdapterTensor[]): readonly TensorChange[];
}
