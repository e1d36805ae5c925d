import { createByteStream } from './byte-stream.ts';
import { conversionOf } from './conversion.ts';
import { bitsOf, type Dtype } from './dtype.ts';
import { loadKernels } from './kernels/kernels.ts';

/** True for the floats that {@link widenToF32} takes. */
export function isWidenable(dtype: Dtype): boolean {
  return dtype === 'F16' || dtype === 'BF16' || dtype.startsWith('F8_');
}

const BATCH_ELEMENTS = 512 * 1024;

/**
 * Elements of a float type of 8 or 16 bits, in slices of any size, as little-endian F32: exact, NaNs canonical.
 * Errors: `DTYPE_NOT_CONVERTIBLE`, `KERNEL_MEMORY`.
 */
export async function* widenToF32(
  slices: AsyncIterable<Uint8Array>,
  dtype: Dtype,
): AsyncGenerator<Uint8Array> {
  const kernels = await loadKernels();
  const { widen } = conversionOf(dtype, kernels);
  const elementBytes = bitsOf(dtype) / 8;
  using elements = kernels.borrow(BATCH_ELEMENTS * elementBytes);
  using floats = kernels.borrow(BATCH_ELEMENTS * 4);
  await using stream = createByteStream(slices);
  for (;;) {
    const count = (await stream.fill(() => elements.bytes)) / elementBytes;
    if (count === 0) return;
    widen(floats.pointer, elements.pointer, count);
    yield floats.bytes.slice(0, count * 4);
  }
}
