import type { ConvertKernels } from './convert-kernels.ts';
import type { MergeKernels, TaskVectorKernels } from './merge-kernels.ts';

/** A byte address in the kernels' memory. */
export type Pointer = number;

/** Kernels that describe the memory itself. Source: `assembly/memory.ts`. */
export interface MemoryKernels {
  heapBase(): Pointer;
  /** Copies within the memory; the ranges may overlap. */
  copyBytes(target: Pointer, source: Pointer, length: number): void;
}

/**
 * What `wasm/kernels.wasm` exports besides its memory. A new family adds a file to `assembly/`, a line to `assembly/index.ts`,
 * an interface for its functions beside its callers, and its name here.
 */
export interface KernelExports extends MemoryKernels, ConvertKernels, MergeKernels, TaskVectorKernels {}
