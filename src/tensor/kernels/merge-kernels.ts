import type { Pointer } from './exports.ts';

/** Arithmetic of the merge methods. Counts are elements. Source: `assembly/merge.ts`. */
export interface MergeKernels {
  mergeScaleF32(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeScaleF64(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeAddScaledF32(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeAddScaledF64(target: Pointer, source: Pointer, count: number, factor: number): void;
  /** F16 and BF16 to F32, in one pass. Source: `assembly/scaled-16.ts`. */
  mergeScaleF16(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeScaleBf16(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeAddScaledF16(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeAddScaledBf16(target: Pointer, source: Pointer, count: number, factor: number): void;
  mergeAddF32(target: Pointer, source: Pointer, count: number): void;
  mergeAddF64(target: Pointer, source: Pointer, count: number): void;
  mergeSubtractF32(target: Pointer, source: Pointer, count: number): void;
  mergeSubtractF64(target: Pointer, source: Pointer, count: number): void;
  mergeMultiplyF32(target: Pointer, source: Pointer, count: number): void;
  mergeMultiplyF64(target: Pointer, source: Pointer, count: number): void;
  mergeAbsoluteF32(target: Pointer, count: number): void;
  mergeAbsoluteF64(target: Pointer, count: number): void;
  mergeDivideIntoF32(target: Pointer, count: number, numerator: number): void;
  mergeDivideIntoF64(target: Pointer, count: number, numerator: number): void;
  mergeComplementF32(target: Pointer, source: Pointer, count: number): void;
  mergeComplementF64(target: Pointer, source: Pointer, count: number): void;
  mergeClampToUnitF32(target: Pointer, count: number): void;
  mergeClampToUnitF64(target: Pointer, count: number): void;
  mergeDivideF32(target: Pointer, count: number, divisor: number): void;
  mergeDivideF64(target: Pointer, count: number, divisor: number): void;
  mergeCanonicalNanF32(target: Pointer, count: number): void;
  mergeCanonicalNanF64(target: Pointer, count: number): void;
}

/** Sums over task vectors, and the search for NaN and infinity. Source: `assembly/task-vectors.ts`. */
export interface TaskVectorKernels {
  /** Writes five f64 to `result`, in the order of `TaskVectorSums`. */
  taskVectorSumsF32(result: Pointer, base: Pointer, left: Pointer, right: Pointer, count: number): void;
  taskVectorSumsF64(result: Pointer, base: Pointer, left: Pointer, right: Pointer, count: number): void;
  countNonFinite32(source: Pointer, count: number): number;
  countNonFinite64(source: Pointer, count: number): number;
  /** `exponent` is the mask of the exponent's bits: 0x7c00 for F16, 0x7f80 for BF16. */
  countNonFinite16(source: Pointer, count: number, exponent: number): number;
}
