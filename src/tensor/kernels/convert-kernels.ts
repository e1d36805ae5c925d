import type { Pointer } from './exports.ts';

/** Converts `count` elements from `source` to `target`, which must not overlap. */
export type ConvertKernel = (target: Pointer, source: Pointer, count: number) => void;

/** Conversions of elements. Source: `assembly/convert-*.ts`. */
export interface ConvertKernels {
  readonly f16ToF32: ConvertKernel;
  readonly f32ToF16: ConvertKernel;
  readonly bf16ToF32: ConvertKernel;
  readonly f32ToBf16: ConvertKernel;
  readonly f64ToF32: ConvertKernel;
  readonly f32ToF64: ConvertKernel;
  readonly u8ToF32: ConvertKernel;
  readonly i8ToF32: ConvertKernel;
  readonly u16ToF32: ConvertKernel;
  readonly i16ToF32: ConvertKernel;
  readonly u32ToF64: ConvertKernel;
  readonly i32ToF64: ConvertKernel;
  readonly u64ToF64: ConvertKernel;
  readonly i64ToF64: ConvertKernel;
  /** `table` points to 256 F32. */
  lookUpF32(target: Pointer, source: Pointer, count: number, table: Pointer): void;
  f32ToF8(
    target: Pointer,
    source: Pointer,
    count: number,
    fraction: number,
    bias: number,
    largest: number,
    overflow: number,
    nan: number,
    signed: number,
  ): void;
}
