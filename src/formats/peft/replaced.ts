import type { AdapterTensor, TensorChange } from './adapter-type.ts';

/** A tensor that an adapter holds as a whole: of a module in `modules_to_save`, or a trained bias. */
export function replaced(tensor: AdapterTensor): TensorChange {
  return { kind: 'replaced', target: tensor.name.replace('.base_layer.', '.'), by: tensor };
}
