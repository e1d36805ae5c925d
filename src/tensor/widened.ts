import { conversionOf } from './conversion.ts';
import type { Kernels } from './kernels/kernels.ts';
import type { PredictedDtype } from './prediction.ts';

/** Whole elements, little-endian, as F32 in memory of their own. */
export function widened(bytes: Uint8Array, dtype: PredictedDtype, kernels: Kernels): Float32Array {
  const count = bytes.length / (dtype === 'F32' ? 4 : 2);
  using elements = kernels.borrow(bytes.length);
  using floats = kernels.borrow(count * 4);
  elements.bytes.set(bytes);
  conversionOf(dtype, kernels).widen(floats.pointer, elements.pointer, count);
  return new Float32Array(floats.bytes.slice(0, count * 4).buffer);
}
