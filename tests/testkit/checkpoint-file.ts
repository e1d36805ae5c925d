import { WRITERS } from '../../src/formats/write/registry.ts';
import { fileBytes } from '../../src/formats/write/write-file.ts';
import type { TensorWithData } from './safetensors-file.ts';

/** The bytes of a file of any format that mgit writes. */
export async function checkpointFile(format: string, tensors: readonly TensorWithData[]): Promise<Buffer> {
  const writer = WRITERS.find(({ name }) => name === format);
  if (!writer) throw new Error(`mgit does not write ${format}`);
  const blueprint = writer.layOut(tensors, {});
  const file = Buffer.alloc(blueprint.size);
  const read = async function* (index: number): AsyncGenerator<Uint8Array> {
    yield tensors[index]?.data ?? new Uint8Array();
  };
  for await (const { offset, bytes } of fileBytes(blueprint, read)) file.set(bytes, offset);
  return file;
}
