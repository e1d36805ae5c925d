import type { FileSystem } from '../../base/ports/file-system.ts';
import { writeSafetensorsHeader } from '../../formats/safetensors/write-header.ts';
import type { TensorSpec } from '../../formats/write/blueprint.ts';

/**
 * Writes a safetensors file of tensors whose bytes are made one after the other; it is on the disk when this returns. Errors: those of the header and of
 * `bytesOf`; of the file system.
 */
export async function writeTensors<Tensor extends TensorSpec>(
  fs: FileSystem,
  path: string,
  tensors: readonly Tensor[],
  bytesOf: (tensor: Tensor) => Promise<Uint8Array>,
): Promise<void> {
  const { bytes, tensors: placed } = writeSafetensorsHeader(tensors, { format: 'pt' });
  const file = await fs.open(path, 'write');
  try {
    await file.write(bytes, 0);
    for (const [at, tensor] of tensors.entries()) {
      const { offset, length } = placed.at(at) as { offset: number; length: number };
      const data = await bytesOf(tensor);
      if (data.length !== length)
        throw new Error(`${tensor.name}: ${data.length} bytes instead of ${length}`);
      await file.write(data, offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
