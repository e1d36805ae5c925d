import type { Pointer } from './exports.ts';

/** Measures and choice of Arcee fusion. Source: `assembly/fusion.ts`. */
export interface FusionKernels {
  largestF32(source: Pointer, count: number, start: number): number;
  largestF64(source: Pointer, count: number, start: number): number;
  sumExponentialsF32(source: Pointer, count: number, shift: number): number;
  sumExponentialsF64(source: Pointer, count: number, shift: number): number;
  sumDivergenceF32: DivergenceKernel;
  sumDivergenceF64: DivergenceKernel;
  chooseAtLeastF32: ChooseKernel;
  chooseAtLeastF64: ChooseKernel;
}

type DivergenceKernel = (
  left: Pointer,
  right: Pointer,
  count: number,
  leftShift: number,
  leftSum: number,
  rightShift: number,
  rightSum: number,
  eps: number,
) => number;

type ChooseKernel = (
  target: Pointer,
  source: Pointer,
  scores: Pointer,
  count: number,
  threshold: number,
) => void;
