import type { KernelExports } from '../../tensor/kernels/exports.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';

/** Where more than one element in this many differs, a list of differences is not worth a trial. */
const DIFFERENT_AT_MOST = 8;

const COUNT_CHANGED = {
  1: 'countChanged8',
  2: 'countChanged16',
  4: 'countChanged32',
  8: 'countChanged64',
} as const satisfies Record<number, keyof KernelExports>;

/** Whether few elements of the parts differ: a cheap test before anything is coded. */
export async function isMostlyEqual(
  parts: readonly Uint8Array[],
  others: readonly Uint8Array[],
  elementSize: number,
): Promise<boolean> {
  let [changed, total] = [0, 0];
  for (const [index, part] of parts.entries()) {
    changed += await countChanged(part, others[index] ?? new Uint8Array(), elementSize);
    total += Math.floor(part.length / elementSize);
  }
  return changed * DIFFERENT_AT_MOST <= total;
}

async function countChanged(part: Uint8Array, other: Uint8Array, elementSize: number): Promise<number> {
  const kernels = await loadKernels();
  const count = Math.floor(Math.min(part.length, other.length) / elementSize);
  using left = kernels.borrow(part.length);
  using right = kernels.borrow(other.length);
  left.bytes.set(part);
  right.bytes.set(other);
  const kernel = COUNT_CHANGED[elementSize as keyof typeof COUNT_CHANGED];
  return kernels.exports[kernel](left.pointer, right.pointer, count) >>> 0;
}
