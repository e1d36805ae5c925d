import type { CheckpointWriter } from '../write/blueprint.ts';
import { exportImpossible } from '../write/impossible.ts';
import { SAFETENSORS_DTYPES } from './dtypes.ts';
import { writeSafetensorsHeader } from './write-header.ts';

/** What Hugging Face's loaders ask for: the tensors are laid out as PyTorch has them. */
const METADATA = { format: 'pt' };

/** One file, its tensors in the order given. */
export const safetensors: CheckpointWriter = {
  name: 'safetensors',
  extensions: ['safetensors'],
  holds: dtype => SAFETENSORS_DTYPES.has(dtype),
  layOut: (tensors, metadata) => {
    const foreign = tensors.find(({ name }) => name === '__metadata__');
    if (foreign)
      throw exportImpossible(
        'safetensors',
        'no tensor may be called __metadata__',
        'rename it with --rename',
      );
    const { bytes, size, ...written } = writeSafetensorsHeader(tensors, { ...METADATA, ...metadata });
    return { size, tensors: [...written.tensors], skeleton: () => [{ offset: 0, bytes }] };
  },
};
