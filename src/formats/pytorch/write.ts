import { byteLength, elementCount } from '../../tensor/dtype.ts';
import { denseStrides } from '../../tensor/view-span.ts';
import { type PickleWriter, pickleWriter } from '../pickle/write-pickle.ts';
import type { CheckpointWriter, TensorSpec } from '../write/blueprint.ts';
import { exportImpossible, quoted } from '../write/impossible.ts';
import { planArchive } from '../zip/write-archive.ts';
import { nameOfDtype, storageOfDtype } from './storage-types.ts';

/** The folder in the archive; readers take whatever it is called. */
const ROOT = 'archive';
/** Of the archive, as PyTorch 1.6 and later write it. */
const VERSION = '3\n';

/**
 * A state_dict, one plain CPU tensor with a storage of its own for each name, as `torch.save` writes it; `torch.load(weights_only=True)` reads it.
 * Source: `_save` in `torch/serialization.py`, `_rebuild_tensor_v2` and `_v3` in `torch/_utils.py`.
 */
export const pytorch: CheckpointWriter = {
  name: 'pytorch',
  extensions: ['pt', 'pth', 'bin', 'ckpt'],
  holds: dtype => nameOfDtype(dtype) !== undefined,
  layOut: (tensors, metadata) => {
    const [key] = Object.keys(metadata);
    if (key !== undefined)
      throw exportImpossible(
        'pytorch',
        `a state_dict has no place for the metadata ${quoted(key)}`,
        'leave --metadata out',
      );
    const files = [
      file('data.pkl', statePickle(tensors)),
      file('byteorder', Buffer.from('little')),
      ...tensors.map(({ dtype, shape }, index) => ({
        ...file(`data/${index}`, Buffer.alloc(0)),
        dataLength: byteLength(dtype, shape),
      })),
      file('version', Buffer.from(VERSION)),
    ];
    const { size, dataOffsets, skeleton } = planArchive(files);
    return {
      size,
      tensors: tensors.map((tensor, index) => ({
        ...tensor,
        offset: dataOffsets[index + 2] ?? 0,
        length: files[index + 2]?.dataLength ?? 0,
      })),
      skeleton: checksums => skeleton([0, 0, ...checksums, 0]),
    };
  },
};

function file(name: string, head: Uint8Array) {
  return { name: `${ROOT}/${name}`, head, dataLength: 0 };
}

function statePickle(tensors: readonly TensorSpec[]): Uint8Array {
  const pickle = pickleWriter();
  pickle.dict(() => {
    for (const [index, tensor] of tensors.entries()) {
      pickle.text(tensor.name);
      writeTensor(pickle, tensor, String(index));
    }
  });
  return pickle.finish();
}

/** Element types that are younger than PyTorch's typed storages lie in one of bytes, and the tensor says what they are. */
function writeTensor(pickle: PickleWriter, { dtype, shape }: TensorSpec, key: string): void {
  const storageName = storageOfDtype(dtype);
  pickle.global('torch._utils', storageName === undefined ? '_rebuild_tensor_v3' : '_rebuild_tensor_v2');
  pickle.tuple(() => {
    pickle.tuple(() => {
      pickle.text('storage');
      if (storageName === undefined) pickle.global('torch.storage', 'UntypedStorage');
      else pickle.global('torch', storageName);
      pickle.text(key);
      pickle.text('cpu');
      pickle.natural(storageName === undefined ? byteLength(dtype, shape) : elementCount(shape));
    });
    pickle.persistent();
    pickle.natural(0);
    writeNaturals(pickle, shape);
    writeNaturals(pickle, denseStrides(shape));
    pickle.false(); // requires_grad
    pickle.global('collections', 'OrderedDict'); // No hooks.
    pickle.tuple(() => {});
    pickle.call();
    if (storageName === undefined) pickle.global('torch', nameOfDtype(dtype) ?? '');
  });
  pickle.call();
}

function writeNaturals(pickle: PickleWriter, numbers: readonly number[]): void {
  pickle.tuple(() => {
    for (const number of numbers) pickle.natural(number);
  });
}
