import type { Dtype } from '../../tensor/dtype.ts';

/** A tensor of a model that is merged. */
export interface InputTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** What a plan needs to know of a model that is merged. */
export interface InputModel {
  /** As the recipe calls it. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, InputTensor>;
  /** Its `config.json`; undefined where it has none. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
}
