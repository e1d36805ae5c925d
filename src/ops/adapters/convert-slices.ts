import { adapterUnsupported } from '../../formats/peft/adapter-config.ts';
import type { AdapterTensor } from '../../formats/peft/adapter-type.ts';
import { isPredicted } from '../../formats/peft/read-adapter.ts';
import { conversionOf } from '../../tensor/conversion.ts';
import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';

/** A tensor's bytes in another dtype, each value rounded once. Errors: `ADAPTER_UNSUPPORTED` for other types than F32, F16 and BF16. */
export async function* convertSlices(tensor: AdapterTensor, dtype: Dtype): AsyncGenerator<Uint8Array> {
  if (!isPredicted(tensor.dtype) || !isPredicted(dtype))
    throw adapterUnsupported(`${tensor.dtype} values for a tensor of ${dtype} (${tensor.name})`);
  const kernels = await loadKernels();
  const { widen } = conversionOf(tensor.dtype, kernels);
  const { narrow } = conversionOf(dtype, kernels);
  if (!narrow) throw new Error(`${dtype} is not rounded to`);
  for await (const slice of tensor.slices()) {
    const count = (slice.length * 8) / bitsOf(tensor.dtype);
    using input = kernels.borrow(slice.length);
    using floats = kernels.borrow(count * 4);
    using output = kernels.borrow((count * bitsOf(dtype)) / 8);
    input.bytes.set(slice);
    widen(floats.pointer, input.pointer, count);
    narrow(output.pointer, floats.pointer, count);
    yield output.bytes.slice();
  }
}
