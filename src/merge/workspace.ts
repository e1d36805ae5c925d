import { MgitError } from '../base/errors.ts';
import { type Conversion, conversionOf } from '../tensor/conversion.ts';
import { bitsOf, type Dtype } from '../tensor/dtype.ts';
import type { Region } from '../tensor/kernels/arena.ts';
import type { ConvertKernel } from '../tensor/kernels/convert-kernels.ts';
import { type Kernels, loadKernels } from '../tensor/kernels/kernels.ts';
import { isFloat } from './float-dtypes.ts';

/** A vector of floats in the kernels' memory. */
export type Register = Region;

/**
 * Floating-point registers of one slice, and the arithmetic on them: float32, or float64 for F64 tensors. Every operation is
 * IEEE 754, element by element, rounded after each step, so that results depend neither on the slice nor on the machine.
 */
export interface Workspace extends Disposable {
  readonly registers: readonly Register[];
  /** Says how many elements the next operations touch. */
  begin(count: number): void;
  /** Reads elements of the tensor's dtype into a register. */
  load(target: Register, bytes: Uint8Array): void;
  /** A register in the tensor's dtype, rounded to nearest even, NaNs canonical; in memory that the next `store` writes to. */
  store(source: Register): Uint8Array;
  clear(target: Register): void;
  scale(target: Register, source: Register, factor: number): void;
  addScaled(target: Register, source: Register, factor: number): void;
  /** As `load` and `scale`: target = elements * factor */
  scaleElements(target: Register, bytes: Uint8Array, factor: number): void;
  /** As `load` into a register of its own and `addScaled`: target = target + elements * factor */
  addScaledElements(target: Register, bytes: Uint8Array, factor: number): void;
  add(target: Register, source: Register): void;
  subtract(target: Register, source: Register): void;
  multiply(target: Register, source: Register): void;
  divide(target: Register, divisor: number): void;
  /** target = numerator / target */
  divideInto(target: Register, numerator: number): void;
  /** target = 1 - source */
  complement(target: Register, source: Register): void;
  /** Values from 0 to 1; NaN becomes 1. */
  clampToUnit(target: Register): void;
  absolute(target: Register): void;
  /** The sign of each element: -1, 0 or 1. */
  signs(target: Register, source: Register): void;
  /** target = 0 unless |target| > threshold */
  keepAbove(target: Register, threshold: number): void;
  /** target = 0 unless it has the sign of `totals`, where 0 counts as positive. */
  keepAgreeing(target: Register, totals: Register): void;
  /** target = `mark` where the source is not 0, else 0 */
  markNonZero(target: Register, source: Register, mark: number): void;
  /** target = target / divisors, where these are not 0 */
  divideWhereNonZero(target: Register, divisors: Register): void;
  copy(target: Register, source: Register): void;
  /** Rounds a register to the tensor's dtype. */
  round(target: Register): void;
  /** Rounds one number to the tensor's dtype by way of float32 (F64: not at all). */
  roundNumber(value: number): number;
}

/** What a {@link Workspace} is for: slices of at most `elements`, in `registers` registers. */
export interface WorkspaceNeeds {
  readonly dtype: Dtype;
  readonly elements: number;
  readonly registers: number;
}

/** Borrows a workspace from the kernels' memory. Errors: `KERNEL_MEMORY`, `MERGE_DTYPE_UNSUPPORTED`. */
export async function openWorkspace(needs: WorkspaceNeeds): Promise<Workspace> {
  const kernels = await loadKernels();
  const conversion = roundingConversion(needs.dtype, kernels);
  const floatBytes = needs.dtype === 'F64' ? 8 : 4;
  const elements = Math.max(1, needs.elements);
  const registers = Array.from({ length: needs.registers }, () => kernels.borrow(elements * floatBytes));
  const staging = kernels.borrow((elements * bitsOf(needs.dtype)) / 8);
  return createWorkspace({ kernels, conversion, registers, staging, dtype: needs.dtype });
}

/** A conversion that also goes back. */
type RoundingConversion = Conversion & { readonly narrow: ConvertKernel };

function roundingConversion(dtype: Dtype, kernels: Kernels): RoundingConversion {
  const conversion = conversionOf(dtype, kernels);
  if (isFloat(dtype) && conversion.narrow) return { ...conversion, narrow: conversion.narrow };
  throw new MgitError('MERGE_DTYPE_UNSUPPORTED', `tensors of dtype ${dtype} have no average`, {
    hint: 'take one side, by a rule in mgit.yaml or with -X take:<glob>=ours',
  });
}

interface Parts {
  readonly kernels: Kernels;
  readonly conversion: RoundingConversion;
  readonly registers: readonly Region[];
  /** Holds elements in the tensor's dtype on their way in and out. */
  readonly staging: Region;
  readonly dtype: Dtype;
}

function createWorkspace({ kernels, conversion, registers, staging, dtype }: Parts): Workspace {
  const arithmetic = arithmeticOf(kernels, dtype);
  const fused = fusedOf(kernels, dtype);
  const size = bitsOf(dtype) / 8;
  const floatBytes = dtype === 'F64' ? 8 : 4;
  // Outside of the kernels' memory, whose views end when it grows; made once, since fresh memory costs more than most arithmetic.
  const stored = new Uint8Array(staging.bytes.length);
  let count = 0;
  const stage = (bytes: Uint8Array): Region => {
    staging.bytes.set(bytes);
    return staging;
  };
  const load = (target: Region, bytes: Uint8Array): void => {
    if (conversion.identical) target.bytes.set(bytes);
    else conversion.widen(target.pointer, stage(bytes).pointer, count);
  };
  const round = (target: Region): void => {
    if (conversion.identical) return;
    conversion.narrow(staging.pointer, target.pointer, count);
    conversion.widen(target.pointer, staging.pointer, count);
  };
  return {
    registers,
    begin: elements => {
      count = elements;
    },
    load,
    store: source => {
      if (conversion.identical) arithmetic.canonicalNan(source.pointer, count);
      else conversion.narrow(staging.pointer, source.pointer, count);
      const bytes = (conversion.identical ? source : staging).bytes.subarray(0, count * size);
      stored.set(bytes);
      return stored.subarray(0, bytes.length);
    },
    clear: target => void target.bytes.fill(0),
    scale: (target, source, factor) => arithmetic.scale(target.pointer, source.pointer, count, factor),
    addScaled: (target, source, factor) =>
      arithmetic.addScaled(target.pointer, source.pointer, count, factor),
    scaleElements: (target, bytes, factor) => {
      if (fused) return fused.scale(target.pointer, stage(bytes).pointer, count, factor);
      load(target, bytes);
      arithmetic.scale(target.pointer, target.pointer, count, factor);
    },
    addScaledElements: (target, bytes, factor) => {
      if (fused) return fused.addScaled(target.pointer, stage(bytes).pointer, count, factor);
      using elements = kernels.borrow(count * floatBytes);
      load(elements, bytes);
      arithmetic.addScaled(target.pointer, elements.pointer, count, factor);
    },
    add: (target, source) => arithmetic.add(target.pointer, source.pointer, count),
    subtract: (target, source) => arithmetic.subtract(target.pointer, source.pointer, count),
    multiply: (target, source) => arithmetic.multiply(target.pointer, source.pointer, count),
    divide: (target, divisor) => arithmetic.divide(target.pointer, count, divisor),
    divideInto: (target, numerator) => arithmetic.divideInto(target.pointer, count, numerator),
    complement: (target, source) => arithmetic.complement(target.pointer, source.pointer, count),
    clampToUnit: target => arithmetic.clampToUnit(target.pointer, count),
    absolute: target => arithmetic.absolute(target.pointer, count),
    signs: (target, source) => arithmetic.signs(target.pointer, source.pointer, count),
    keepAbove: (target, threshold) => arithmetic.keepAbove(target.pointer, count, threshold),
    keepAgreeing: (target, totals) => arithmetic.keepAgreeing(target.pointer, totals.pointer, count),
    markNonZero: (target, source, mark) =>
      arithmetic.markNonZero(target.pointer, source.pointer, count, mark),
    divideWhereNonZero: (target, divisors) =>
      arithmetic.divideWhereNonZero(target.pointer, divisors.pointer, count),
    copy: (target, source) => kernels.exports.copyBytes(target.pointer, source.pointer, count * floatBytes),
    round,
    roundNumber: value => {
      if (dtype === 'F64') return value;
      using scratch = kernels.borrow(4);
      floatsOf(scratch)[0] = value;
      const before = count;
      count = 1;
      round(scratch);
      count = before;
      return floatsOf(scratch)[0] ?? value;
    },
    [Symbol.dispose]: () => {
      for (const region of [...registers, staging]) region[Symbol.dispose]();
    },
  };
}

function floatsOf(region: Region): Float32Array {
  const bytes = region.bytes;
  return new Float32Array(bytes.buffer, bytes.byteOffset, 1);
}

/** Arithmetic on a dtype's elements themselves, where there are kernels for it. */
function fusedOf({ exports }: Kernels, dtype: Dtype) {
  if (dtype === 'F16') return { scale: exports.mergeScaleF16, addScaled: exports.mergeAddScaledF16 };
  if (dtype === 'BF16') return { scale: exports.mergeScaleBf16, addScaled: exports.mergeAddScaledBf16 };
  if (dtype === 'F32') return { scale: exports.mergeScaleF32, addScaled: exports.mergeAddScaledF32 };
  if (dtype === 'F64') return { scale: exports.mergeScaleF64, addScaled: exports.mergeAddScaledF64 };
  return undefined;
}

function arithmeticOf({ exports }: Kernels, dtype: Dtype) {
  if (dtype === 'F64')
    return {
      scale: exports.mergeScaleF64,
      addScaled: exports.mergeAddScaledF64,
      add: exports.mergeAddF64,
      subtract: exports.mergeSubtractF64,
      multiply: exports.mergeMultiplyF64,
      absolute: exports.mergeAbsoluteF64,
      divideInto: exports.mergeDivideIntoF64,
      complement: exports.mergeComplementF64,
      clampToUnit: exports.mergeClampToUnitF64,
      divide: exports.mergeDivideF64,
      signs: exports.signsF64,
      keepAbove: exports.keepAboveF64,
      keepAgreeing: exports.keepAgreeingF64,
      markNonZero: exports.markNonZeroF64,
      divideWhereNonZero: exports.divideWhereNonZeroF64,
      canonicalNan: exports.mergeCanonicalNanF64,
    };
  return {
    scale: exports.mergeScaleF32,
    addScaled: exports.mergeAddScaledF32,
    add: exports.mergeAddF32,
    subtract: exports.mergeSubtractF32,
    multiply: exports.mergeMultiplyF32,
    absolute: exports.mergeAbsoluteF32,
    divideInto: exports.mergeDivideIntoF32,
    complement: exports.mergeComplementF32,
    clampToUnit: exports.mergeClampToUnitF32,
    divide: exports.mergeDivideF32,
    signs: exports.signsF32,
    keepAbove: exports.keepAboveF32,
    keepAgreeing: exports.keepAgreeingF32,
    markNonZero: exports.markNonZeroF32,
    divideWhereNonZero: exports.divideWhereNonZeroF32,
    canonicalNan: exports.mergeCanonicalNanF32,
  };
}
