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
  /** Those of the method's statistics, one for each model. */
  readonly statistics?: readonly Digest[] | undefined;
  /** Complete. */
  readonly parameters: MethodParameters;
}

/** The self-contained record of a merged tensor: method, version of its numerics, parameters, inputs (each once). */
export function recipeOf(source: RecipeSource): Recipe {
  const length = byteLength(source.dtype, source.shape);
  const digests = [...new Set([...(source.base ? [source.base] : []), ...source.models])];
  const statistics = source.statistics ?? [];
  const measured = source.method.statistics?.shapeFor(source.shape) ?? [];
  return {
    method: source.method.name,
    kernels: source.method.kernels,
    dtype: source.dtype,
    length,
    inputs: [
      ...digests.map(digest => ({ digest, dtype: source.dtype, length })),
      ...statistics.map(digest => ({ digest, dtype: 'F32', length: byteLength('F32', measured) })),
    ],
    parameters: {
      shape: source.shape,
      base: source.base ? digests.indexOf(source.base) : null,
      models: source.models.map(digest => digests.indexOf(digest)),
      ...(statistics.length > 0 ? { statistics: statistics.map((_, at) => digests.length + at) } : {}),
      values: source.parameters,
    },
  };
}
