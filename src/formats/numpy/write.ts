import { byteLength } from '../../tensor/dtype.ts';
import type { CheckpointWriter, FileMetadata, TensorSpec } from '../write/blueprint.ts';
import { exportImpossible, quoted } from '../write/impossible.ts';
import { isSafeName } from '../zip/safe-name.ts';
import { planArchive } from '../zip/write-archive.ts';
import { isNumpyDtype, npyHeader } from './write-npy-header.ts';

/** Arrays in a zip archive, stored as `numpy.savez` does it. */
export const npz: CheckpointWriter = {
  name: 'npz',
  extensions: ['npz'],
  holds: isNumpyDtype,
  layOut: (tensors, metadata) => {
    refuseMetadata('npz', metadata);
    const members = tensors.map(({ name, dtype, shape }) => ({
      name: memberName(name),
      head: npyHeader(dtype, shape),
      dataLength: byteLength(dtype, shape),
    }));
    const { size, dataOffsets, skeleton } = planArchive(members);
    const placed = tensors.map((tensor, index) => ({
      ...tensor,
      offset: dataOffsets[index] ?? 0,
      length: members[index]?.dataLength ?? 0,
    }));
    return { size, tensors: placed, skeleton };
  },
};

/** One array in a file of its own, without its name. */
export const npy: CheckpointWriter = {
  name: 'npy',
  extensions: ['npy'],
  holds: isNumpyDtype,
  layOut: (tensors, metadata) => {
    refuseMetadata('npy', metadata);
    const tensor = onlyOne(tensors);
    const bytes = npyHeader(tensor.dtype, tensor.shape);
    const length = byteLength(tensor.dtype, tensor.shape);
    return {
      size: bytes.length + length,
      tensors: [{ ...tensor, offset: bytes.length, length }],
      skeleton: () => [{ offset: 0, bytes }],
    };
  },
};

function memberName(name: string): string {
  const file = `${name}.npy`;
  if (isSafeName(file) && Buffer.byteLength(file) <= 0xffff) return file;
  throw exportImpossible(
    'npz',
    `${quoted(name)} cannot name a file of an archive`,
    'rename it with --rename, or export as safetensors',
  );
}

function onlyOne(tensors: readonly TensorSpec[]): TensorSpec {
  const [first] = tensors;
  if (first && tensors.length === 1) return first;
  throw exportImpossible(
    'npy',
    `a file holds one array, not ${tensors.length}`,
    'choose one with --tensor, or export as npz',
  );
}

function refuseMetadata(format: string, metadata: FileMetadata): void {
  const [key] = Object.keys(metadata);
  if (key !== undefined)
    throw exportImpossible(format, `it has no place for the metadata ${quoted(key)}`, 'leave --metadata out');
}
