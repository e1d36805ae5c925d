import type { Pointer } from './exports.ts';

/** Plane rotations. Counts are elements. Source: `assembly/rotate.ts`. */
export interface RotateKernels {
  /** Turns two vectors into each other, in place. */
  rotateF64(left: Pointer, right: Pointer, count: number, cosine: number, sine: number): void;
}
