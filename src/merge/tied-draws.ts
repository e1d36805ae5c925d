import type { ManifestTensor } from '../store/manifest/manifest.ts';
import type { TensorAction } from './plan.ts';

/**
 * Gives tensors that are the same bytes in every version, as tied weights are, the same draws: those of the one that comes first. Call it
 * with the actions of a file in their order. With draws of their own, as every other tensor has them, the result could not share its bytes.
 */
export function tiedDraws(): <Action extends TensorAction>(action: Action) => Action {
  const seeds = new Map<string, number>();
  return action => {
    if (action.kind !== 'compute' || action.parameters.seed === undefined) return action;
    const { base, tensors, models, parameters } = action;
    const key = [models, ...[base, ...tensors].map(placeOf)].join(' ');
    const seed = seeds.get(key);
    if (seed !== undefined) return { ...action, parameters: { ...parameters, seed } };
    seeds.set(key, Number(parameters.seed));
    return action;
  };
}

/** Which bytes of its file a tensor is, and how they are read. */
function placeOf(tensor: ManifestTensor | undefined): string {
  return tensor ? [tensor.offset, `${tensor.shape}`, `${tensor.strides ?? ''}`].join(':') : '';
}
