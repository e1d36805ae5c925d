import { adapterUnsupported } from '../../formats/peft/adapter-config.ts';
import type { AdapterTensor, TensorUpdate } from '../../formats/peft/adapter-type.ts';
import { type PlacedChange, placeChanges } from '../../formats/peft/place-changes.ts';
import { type Adapter, factorDtype, isPredicted } from '../../formats/peft/read-adapter.ts';
import { byteLength, type Dtype } from '../../tensor/dtype.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';
import type { InputTensor } from '../model-plan/input-model.ts';
import type { Adaptation, FactorPlace } from './adaptation.ts';
import type { OpenInput, TensorPlace } from './open-input.ts';

/** A tensor of an adapted model that is not the model's own. */
interface AdaptedTensor {
  readonly tensor: InputTensor;
  readonly place: TensorPlace;
}

/**
 * A model with an adapter applied to it, tensor by tensor as they are read: what `commit --adapter` makes of it, bit for bit. Disposing it closes both.
 * Errors: `ADAPTER_MISMATCH`, `ADAPTER_UNSUPPORTED`.
 */
export function adaptInput(input: OpenInput, adapter: Adapter): OpenInput {
  if (input.format !== 'safetensors') throw adapterUnsupported(`a model in a ${input.format} file`);
  const changes = placeChanges(adapter.changes, new Set(input.tensors.keys()));
  const adapted = new Map(changes.map(change => [change.name, adaptedTensor(change, input)]));
  const tensors = new Map(input.tensors);
  for (const [name, { tensor }] of adapted) tensors.set(name, tensor);
  return {
    ...input,
    tensors,
    placeOf: tensor => adapted.get(tensor.name)?.place ?? input.placeOf(tensor),
    files: [...input.files, ...adapter.files],
    checkUnchanged: async () => {
      await input.checkUnchanged();
      await adapter.checkUnchanged();
    },
    [Symbol.asyncDispose]: async () => {
      await input[Symbol.asyncDispose]();
      await adapter[Symbol.asyncDispose]();
    },
  };
}

function adaptedTensor(change: PlacedChange, input: OpenInput): AdaptedTensor {
  const { name } = change;
  const own = input.tensors.get(name);
  if (change.kind === 'replaced') return replacedTensor(name, change.by, own?.dtype ?? change.by.dtype);
  if (own === undefined) throw new Error('a computed tensor was found before');
  const { dtype, shape } = own;
  if (!isPredicted(dtype)) throw adapterUnsupported(`weights of ${dtype} (${name})`);
  const adaptation = adaptationOf(change.update({ dtype, shape }), dtype);
  return { tensor: own, place: { ...input.placeOf(own), adaptation } };
}

function adaptationOf(update: TensorUpdate, dtype: PredictedDtype): Adaptation {
  if (update.type === 'scaling') return { ...update, dtype, vector: factorPlace(update.vector) };
  return { ...update, dtype, left: factorPlace(update.left), right: factorPlace(update.right) };
}

function factorPlace(tensor: AdapterTensor): FactorPlace {
  const dtype = factorDtype(tensor);
  return { ...tensor.place, length: byteLength(dtype, tensor.shape), dtype };
}

/** A tensor that the adapter holds as a whole, in the model's dtype. */
function replacedTensor(name: string, by: AdapterTensor, dtype: Dtype): AdaptedTensor {
  const { place, shape } = by;
  const tensor = { name, dtype, shape };
  const own: TensorPlace = { name, ...place, dtype: by.dtype, shape, byteOrder: 'little' };
  if (dtype === by.dtype) return { tensor, place: own };
  if (!isPredicted(dtype) || !isPredicted(by.dtype))
    throw adapterUnsupported(`${by.dtype} values for a tensor of ${dtype} (${name})`);
  return { tensor, place: { ...own, adaptation: { type: 'rounded', dtype } } };
}
