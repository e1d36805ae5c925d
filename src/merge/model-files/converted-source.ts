import { elementConverter } from '../../tensor/convert-elements.ts';
import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import type { Kernels } from '../../tensor/kernels/kernels.ts';
import type { InputSource } from '../tensor-inputs.ts';

/** A source's elements in another dtype. */
export function convertedSource(source: InputSource, dtype: Dtype, kernels: Kernels): InputSource {
  if (source.dtype === dtype) return source;
  const [from, to] = [bitsOf(source.dtype) / 8, bitsOf(dtype) / 8];
  const convert = elementConverter(source.dtype, dtype, kernels);
  return {
    dtype,
    length: (source.length / from) * to,
    fetch: async (offset, target) => {
      const own = Buffer.allocUnsafe((target.length / to) * from);
      convert(target, await source.fetch((offset / to) * from, own));
      return target;
    },
  };
}

/** The first bytes of a source. */
export function firstBytes(source: InputSource, length: number): InputSource {
  return { ...source, length };
}
