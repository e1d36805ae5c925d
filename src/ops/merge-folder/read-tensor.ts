import { convertedSource } from '../../merge/model-files/converted-source.ts';
import { fileSource, type OpenFiles } from '../../merge/model-files/file-source.ts';
import type { OpenInput } from '../../merge/model-files/open-input.ts';
import type { InputTensor } from '../../merge/model-plan/input-model.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';

/** All elements of a tensor, as float32. Errors: of the file system; `FILE_CHANGED`. */
export async function floatsOf(files: OpenFiles, input: OpenInput, name: string): Promise<Float32Array> {
  const own = await fileSource(files, input.placeOf(tensorNamed(input, name)));
  const source = convertedSource(own, 'F32', await loadKernels());
  if (source.length === 0) return new Float32Array();
  return new Float32Array(new Uint8Array(await source.fetch(0, Buffer.alloc(source.length))).buffer);
}

/** All bytes of a tensor, as its file holds them. Errors: as {@link floatsOf}. */
export async function bytesOf(files: OpenFiles, input: OpenInput, name: string): Promise<Uint8Array> {
  const source = await fileSource(files, input.placeOf(tensorNamed(input, name)));
  return new Uint8Array(source.length === 0 ? [] : await source.fetch(0, Buffer.alloc(source.length)));
}

function tensorNamed({ tensors }: OpenInput, name: string): InputTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`there is no ${name}`);
  return tensor;
}
