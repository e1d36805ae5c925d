import type { ConvertKernel } from '../../src/tensor/kernels/convert-kernels.ts';
import { loadKernels } from '../../src/tensor/kernels/kernels.ts';

/** The bytes that a conversion makes of `source`, which holds `count` elements. */
export async function convert(
  pick: (kernels: Awaited<ReturnType<typeof loadKernels>>) => ConvertKernel,
  source: ArrayBufferView,
  { count, resultBytes }: { count: number; resultBytes: number },
): Promise<ArrayBuffer> {
  const kernels = await loadKernels();
  using input = kernels.borrow(source.byteLength);
  using output = kernels.borrow(resultBytes);
  input.bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  pick(kernels)(output.pointer, input.pointer, count);
  return output.bytes.slice().buffer;
}
