import { adapterInvalid } from '../../formats/peft/adapter-config.ts';
import type { AdapterTensor } from '../../formats/peft/adapter-type.ts';
import type { LoraModule } from '../../formats/peft/lora-factors.ts';
import type { Product } from '../../merge/adapters/product.ts';
import { bitsOf, elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { widened } from '../../tensor/widened.ts';

/** A module's product B A, without its scale. Errors: `ADAPTER_UNSUPPORTED`, `ADAPTER_INVALID`. */
export async function productOf({ module, a, b, rank }: LoraModule): Promise<Product> {
  const [left, right] = [await numbersOf(b), await numbersOf(a)];
  if (left.length % rank !== 0 || b.shape[1] !== rank)
    throw adapterInvalid(`${module}: factors of [${a.shape}] and [${b.shape}] have no product`);
  return {
    rows: left.length / rank,
    columns: right.length / rank,
    rank,
    left: Float64Array.from(left),
    right: Float64Array.from(right),
  };
}

/** All of a tensor, widened. Errors: `ADAPTER_UNSUPPORTED`. */
export async function numbersOf(tensor: AdapterTensor): Promise<Float32Array> {
  const { bytes, dtype } = await tensor.factor();
  if (bytes.length * 8 !== elementCount(tensor.shape) * bitsOf(dtype))
    throw new Error(`${tensor.name} came out short`);
  return widened(bytes, dtype, await loadKernels());
}
