import { MgitError } from '../../base/errors.ts';
import type { ByteSource, EncodedTensor } from '../../formats/checkpoint.ts';
import { encodedTensors } from '../../formats/registry.ts';
import { elementsOf } from '../../tensor/view-elements.ts';
import type { ReadableTensor } from './readable-model.ts';

/** A file of a known format. */
interface EncodedFile {
  readonly format: string;
  readonly source: ByteSource;
}

/** The tensors of files whose elements do not lie in them as they are, decoded as they are read. Errors: those of the formats. */
export async function readEncoded(files: readonly EncodedFile[]): Promise<readonly ReadableTensor[]> {
  const found: ReadableTensor[] = [];
  for (const { format, source } of files)
    for (const tensor of await encodedTensors(format, source)) found.push(readable(tensor));
  return found;
}

function readable(tensor: EncodedTensor): ReadableTensor {
  const { name, dtype, shape, external } = tensor;
  return {
    name,
    dtype,
    shape,
    ...(external === undefined ? {} : { external }),
    bytes: () => elementsOf(tensor, tensor.span()),
  };
}

/** Refuses tensors that cannot be read since another file holds them. Errors: `TENSOR_EXTERNAL`. */
export function refuseExternal(tensors: readonly ReadableTensor[]): void {
  for (const { name, external } of tensors)
    if (external !== undefined)
      throw new MgitError(
        'TENSOR_EXTERNAL',
        `the elements of tensor ${name} are in another file, ${external}`,
        {
          hint: 'save the model in one file, with onnx.save(..., save_as_external_data=False), or choose others with --tensor',
        },
      );
}
