import { MgitError } from '../base/errors.ts';
import type { Dtype } from './dtype.ts';
import type { ConvertKernel } from './kernels/convert-kernels.ts';
import type { KernelExports } from './kernels/exports.ts';
import type { Kernels } from './kernels/kernels.ts';
import { F8_SHAPES, f8Table, isRoundableF8, type RoundableF8 } from './kernels/reference/convert-8.ts';

/** The element types that arithmetic is done in. */
export type WorkType = 'F32' | 'F64';

/** How elements of a dtype become floats, and floats elements. Both work on the kernels' memory; source and target must not overlap. */
export interface Conversion {
  /** F32, except where only F64 holds the dtype's values. A C64 element is two F32. */
  readonly workType: WorkType;
  /** True when elements are floats of the work type already. */
  readonly identical: boolean;
  /** Elements to floats of the work type: exact, save for 64-bit integers beyond 2^53; NaNs of narrower floats become canonical. */
  readonly widen: ConvertKernel;
  /**
   * Floats of the work type to elements: rounded to nearest, ties to even, NaNs canonical (identical types are copied as they are).
   * Undefined for integers and scales, which mgit never rounds to.
   */
  readonly narrow: ConvertKernel | undefined;
}

type ConvertName = {
  [Name in keyof KernelExports]: KernelExports[Name] extends ConvertKernel ? Name : never;
}[keyof KernelExports];

/** Kernels by dtype: to floats and, where mgit rounds to it, back. */
const BY_KERNEL: Readonly<Partial<Record<Dtype, readonly [WorkType, ConvertName, ConvertName?]>>> = {
  F16: ['F32', 'f16ToF32', 'f32ToF16'],
  BF16: ['F32', 'bf16ToF32', 'f32ToBf16'],
  BOOL: ['F32', 'u8ToF32'],
  U8: ['F32', 'u8ToF32'],
  I8: ['F32', 'i8ToF32'],
  U16: ['F32', 'u16ToF32'],
  I16: ['F32', 'i16ToF32'],
  U32: ['F64', 'u32ToF64'],
  I32: ['F64', 'i32ToF64'],
  U64: ['F64', 'u64ToF64'],
  I64: ['F64', 'i64ToF64'],
};

/** True when {@link conversionOf} knows the dtype: all of whole bytes. */
export function isConvertible(dtype: Dtype): boolean {
  return dtype !== 'F4' && dtype !== 'F6_E2M3' && dtype !== 'F6_E3M2';
}

/** The type that arithmetic on a dtype's elements is done in. */
export function workTypeOf(dtype: Dtype): WorkType {
  return dtype === 'F64' ? 'F64' : (BY_KERNEL[dtype]?.[0] ?? 'F32');
}

/** The conversion of a dtype. Errors: `DTYPE_NOT_CONVERTIBLE` for elements smaller than a byte; `KERNEL_MEMORY`. */
export function conversionOf(dtype: Dtype, kernels: Kernels): Conversion {
  if (dtype === 'F32' || dtype === 'F64') return copying(kernels, dtype, dtype === 'F32' ? 4 : 8);
  if (dtype === 'C64') return copying(kernels, 'F32', 8);
  if (dtype === 'F8_E8M0' || isRoundableF8(dtype)) return f8Conversion(dtype, kernels);
  const found = BY_KERNEL[dtype];
  if (!found) throw new MgitError('DTYPE_NOT_CONVERTIBLE', `${dtype} elements cannot be computed with`);
  const [workType, widen, narrow] = found;
  const { exports } = kernels;
  return { workType, identical: false, widen: exports[widen], narrow: narrow && exports[narrow] };
}

function copying({ exports }: Kernels, workType: WorkType, elementBytes: number): Conversion {
  const copy: ConvertKernel = (target, source, count) =>
    exports.copyBytes(target, source, count * elementBytes);
  return { workType, identical: true, widen: copy, narrow: copy };
}

function f8Conversion(dtype: RoundableF8 | 'F8_E8M0', kernels: Kernels): Conversion {
  const { exports } = kernels;
  const table = f8Table(dtype);
  const widen: ConvertKernel = (target, source, count) => {
    using region = kernels.borrow(table.byteLength);
    region.bytes.set(new Uint8Array(table.buffer));
    exports.lookUpF32(target, source, count, region.pointer);
  };
  return {
    workType: 'F32',
    identical: false,
    widen,
    narrow: dtype === 'F8_E8M0' ? undefined : narrowF8(dtype, exports),
  };
}

function narrowF8(dtype: RoundableF8, exports: KernelExports): ConvertKernel {
  const { fraction, bias, largest, overflow, nan, signed } = F8_SHAPES[dtype];
  return (target, source, count) =>
    exports.f32ToF8(target, source, count, fraction, bias, largest, overflow, nan, signed);
}
