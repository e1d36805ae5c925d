import { MgitError } from '../../base/errors.ts';
import { conversionOf } from '../../tensor/conversion.ts';
import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import type { Kernels } from '../../tensor/kernels/kernels.ts';
import type { TensorJob } from './tensor-job.ts';

/** Bytes that are looked at in one go. */
const BATCH = 256 * 1024;

/** How many elements are NaN or infinite. */
export function countNonFinite(bytes: Uint8Array, dtype: Dtype, kernels: Kernels): number {
  let found = 0;
  using region = kernels.borrow(Math.min(BATCH, bytes.length));
  for (let at = 0; at < bytes.length; at += BATCH) {
    const part = bytes.subarray(at, at + BATCH);
    region.bytes.set(part);
    found += countIn(kernels, { pointer: region.pointer, count: (part.length * 8) / bitsOf(dtype), dtype });
  }
  return found;
}

interface Elements {
  readonly pointer: number;
  readonly count: number;
  readonly dtype: Dtype;
}

function countIn(kernels: Kernels, { pointer, count, dtype }: Elements): number {
  const { exports } = kernels;
  if (dtype === 'F32') return exports.countNonFinite32(pointer, count);
  if (dtype === 'F64') return exports.countNonFinite64(pointer, count);
  if (dtype === 'BF16') return exports.countNonFinite16(pointer, count, 0x7f80);
  if (dtype === 'F16') return exports.countNonFinite16(pointer, count, 0x7c00);
  using floats = kernels.borrow(count * 4);
  conversionOf(dtype, kernels).widen(floats.pointer, pointer, count);
  return exports.countNonFinite32(floats.pointer, count);
}

/** The error of NaN or infinity in a tensor's inputs. */
export function nonFinite({ name, inputs }: TensorJob, counts: readonly number[]): MgitError {
  const where = counts.flatMap((count, at) => (count > 0 ? [`${count} in ${inputs[at]?.model}`] : []));
  return new MgitError('MERGE_NON_FINITE', `NaN or infinity in ${name}: ${where.join(', ')}`, {
    hint: `repair the model, or take the tensor from another: -X take:${name}=ours, or a rule in the recipe`,
    details: { tensor: name },
  });
}
