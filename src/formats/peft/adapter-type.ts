import type { Dtype } from '../../tensor/dtype.ts';
import type { FactorBytes, PredictedDtype } from '../../tensor/prediction.ts';
import type { AdapterConfig } from './adapter-config.ts';

/** A tensor of the adapter's file. Names are those of the model as PEFT saw it. */
export interface AdapterTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its bytes begin: little-endian, dense. The path is absolute. */
  readonly place: { readonly path: string; readonly offset: number };
  /** Its bytes in slices of whole elements. */
  slices(): AsyncIterable<Uint8Array>;
  /** All of it, as a factor. Errors: `ADAPTER_UNSUPPORTED` for other types than F32, F16 and BF16, or too many elements. */
  factor(): Promise<FactorBytes>;
}

/** A tensor of the checkpoint that an adapter changes. */
export interface AdaptedTensor {
  readonly dtype: PredictedDtype;
  readonly shape: readonly number[];
}

/** `base + scale * (left @ right)`, the base as a matrix of rows x columns; left is rows x rank, right rank x columns. */
export interface LowRankUpdate {
  readonly type: 'low-rank';
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly scale: number;
  readonly left: AdapterTensor;
  readonly right: AdapterTensor;
  /** Both factors are stored columns first. */
  readonly isTransposed: boolean;
}

/** Element i of the base times `vector[floor(i / run) mod length]`. */
export interface ScalingUpdate {
  readonly type: 'scaling';
  readonly vector: AdapterTensor;
  readonly run: number;
}

/** How a tensor follows from the one of the checkpoint. */
export type TensorUpdate = LowRankUpdate | ScalingUpdate;

/** What an adapter does to one tensor. `target` is the tensor's name in the model as PEFT saw it. */
export type TensorChange =
  | {
      readonly kind: 'computed';
      readonly target: string;
      /** Nothing happens where the model has no such tensor, such as the bias of a layer. */
      readonly isOptional: boolean;
      /** How the tensor follows from the one of the checkpoint. Errors: `ADAPTER_MISMATCH`. */
      update(base: AdaptedTensor): TensorUpdate;
    }
  | { readonly kind: 'replaced'; readonly target: string; readonly by: AdapterTensor };

/** One type of adapter, in a file of its own, listed in `registry.ts`. */
export interface AdapterType {
  /** As `peft_type` says it. */
  readonly name: string;
  /** What the adapter does. Errors: `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`, which name what is wrong. */
  changes(config: AdapterConfig, tensors: readonly AdapterTensor[]): readonly TensorChange[];
}
