import type { Pointer } from './exports.ts';

/** Sums over one block of two tensors, and changed elements. Source: `assembly/difference.ts`. */
export interface DifferenceKernels {
  /** Writes nine f64 to `result`, in the order of `BlockSums`. `count` is a multiple of 4. */
  differenceBlockF32(result: Pointer, before: Pointer, after: Pointer, count: number): void;
  differenceBlockF64(result: Pointer, before: Pointer, after: Pointer, count: number): void;
  countChanged8(before: Pointer, after: Pointer, count: number): number;
  countChanged16(before: Pointer, after: Pointer, count: number): number;
  countChanged32(before: Pointer, after: Pointer, count: number): number;
  countChanged64(before: Pointer, after: Pointer, count: number): number;
}
