import type { Pointer } from './exports.ts';

/** Sparse task vectors and their signs. Counts are elements. Source: `assembly/sparsify.ts`. */
export interface SparsifyKernels {
  /** `state` points to six f64. */
  keepRankedF32(target: Pointer, count: number, state: Pointer): void;
  keepRankedF64(target: Pointer, count: number, state: Pointer): void;
  keepAboveF32(target: Pointer, count: number, threshold: number): void;
  keepAboveF64(target: Pointer, count: number, threshold: number): void;
  keepAgreeingF32(target: Pointer, totals: Pointer, count: number): void;
  keepAgreeingF64(target: Pointer, totals: Pointer, count: number): void;
  markNonZeroF32(target: Pointer, source: Pointer, count: number, mark: number): void;
  markNonZeroF64(target: Pointer, source: Pointer, count: number, mark: number): void;
  signsF32(target: Pointer, source: Pointer, count: number): void;
  signsF64(target: Pointer, source: Pointer, count: number): void;
  divideWhereNonZeroF32(target: Pointer, divisors: Pointer, count: number): void;
  divideWhereNonZeroF64(target: Pointer, divisors: Pointer, count: number): void;
  sumMagnitudesF32(source: Pointer, count: number): number;
  sumMagnitudesF64(source: Pointer, count: number): number;
}
