import type { Pointer } from './exports.ts';

/** Sums of products and histograms of digits. Counts are elements. Source: `assembly/reduce.ts`. */
export interface ReduceKernels {
  sumProductsF32(left: Pointer, right: Pointer, count: number): number;
  sumProductsF64(left: Pointer, right: Pointer, count: number): number;
  /** `sums` points to f64. */
  addProductsF32(sums: Pointer, left: Pointer, right: Pointer, count: number): void;
  addProductsF64(sums: Pointer, left: Pointer, right: Pointer, count: number): void;
  /** `counts` points to 65536 u64. */
  histogramF32(counts: Pointer, source: Pointer, count: number, digit: number, prefix: number): void;
  histogramF64(counts: Pointer, source: Pointer, count: number, digit: number, prefix: number): void;
}
