import type { Digest } from '../base/ids.ts';
import type { Recipe } from '../store/packs/records.ts';
import { byteLength, type Dtype } from '../tensor/dtype.ts';
import type { ComputingMethod, MethodParameters } from './method.ts';

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
