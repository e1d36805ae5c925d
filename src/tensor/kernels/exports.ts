import type { ConvertKernels } from './convert-kernels.ts';
import type { DifferenceKernels } from './difference-kernels.ts';
import type { FusionKernels } from './fusion-kernels.ts';
import type { MergeKernels, TaskVectorKernels } from './merge-kernels.ts';
import type { ReduceKernels } from './reduce-kernels.ts';
import type { RotateKernels } from './rotate-kernels.ts';
import type { SampleKernels } from './sample-kernels.ts';
import type { SparsifyKernels } from './sparsify-kernels.ts';

/** A byte address in the kernels' memory. */
export type Pointer = number;

/** Kernels that describe the memory itself. Source: `assembly/memory.ts`. */
export interface MemoryKernels {
  heapBase(): Pointer;
  /** Copies within the memory; the ranges may overlap. */
  copyBytes(target: Pointer, source: Pointer, length: number): void;
}

/** Kernels that rearrange bytes for compression. `elementSize` is 1, 2, 4 or 8. Source: `assembly/planes.ts`. */
export interface PlaneKernels {
  splitPlanes(
    output: Pointer,
    input: Pointer,
    elements: number,
    elementSize: number,
    rotate: boolean | number,
  ): void;
  joinPlanes(
    output: Pointer,
    input: Pointer,
    elements: number,
    elementSize: number,
    rotate: boolean | number,
  ): void;
  xorBytes(output: Pointer, left: Pointer, right: Pointer, length: number): void;
}

/** Bytes that have two values, as one bit each. Source: `assembly/two-values.ts`. */
export interface TwoValueKernels {
  /** The first byte, and 256 times the other value (the first, if there is none); -1 where there are more. */
  twoValues(input: Pointer, length: number): number;
  packBits(output: Pointer, input: Pointer, length: number, value: number): void;
  unpackBits(output: Pointer, input: Pointer, length: number, zero: number, one: number): void;
}

/** Elements that are not zero, and their return into place. `elementSize` is 1, 2, 4 or 8. Source: `assembly/sparse.ts`. */
export interface SparseKernels {
  /** Returns how many elements were found, or `limit + 1`. */
  gatherChanged(
    gaps: Pointer,
    values: Pointer,
    difference: Pointer,
    elements: number,
    elementSize: number,
    limit: number,
  ): number;
  /** Returns 0 if a position lies outside. */
  scatterChanged(
    target: Pointer,
    gaps: Pointer,
    values: Pointer,
    changed: number,
    elements: number,
    elementSize: number,
  ): number;
}

/** Predictions of changed weights, in F32. Counts, `stride` and `rank` are elements. Source: `assembly/predict.ts`. */
export interface PredictionKernels {
  addLowRankRow(
    values: Pointer,
    left: Pointer,
    right: Pointer,
    count: number,
    stride: number,
    rank: number,
    scale: number,
  ): void;
  multiplyF32(values: Pointer, factors: Pointer, count: number): void;
}

/**
 * What `wasm/kernels.wasm` exports besides its memory. A new family adds a file to `assembly/`, a line to `assembly/index.ts`,
 * an interface for its functions beside its callers, and its name here.
 */
export interface KernelExports
  extends MemoryKernels,
    ConvertKernels,
    PlaneKernels,
    TwoValueKernels,
    SparseKernels,
    PredictionKernels,
    DifferenceKernels,
    MergeKernels,
    TaskVectorKernels,
    ReduceKernels,
    RotateKernels,
    FusionKernels,
    SparsifyKernels,
    SampleKernels {}
