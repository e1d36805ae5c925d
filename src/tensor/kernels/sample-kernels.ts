import type { Pointer } from './exports.ts';

/** Elements that are kept at random. Counts are elements, `start` is the index of the first. Source: `assembly/sample.ts`. */
export interface SampleKernels {
  keepRandomF32(target: Pointer, count: number, key: bigint, start: number, limit: number): void;
  keepRandomF64(target: Pointer, count: number, key: bigint, start: number, limit: number): void;
  /** `counts` points to 32768 u64 and two more. */
  clearMagnitudes(counts: Pointer, isWhole: boolean): void;
  countMagnitudesF32(counts: Pointer, source: Pointer, count: number): void;
  countMagnitudesF64(counts: Pointer, source: Pointer, count: number): void;
  rankMagnitudes(counts: Pointer): void;
  keepSampledF32: KeepSampled;
  keepSampledF64: KeepSampled;
}

type KeepSampled = (
  target: Pointer,
  count: number,
  counts: Pointer,
  key: bigint,
  start: number,
  least: number,
  step: number,
  isEnlarged: boolean,
) => void;
