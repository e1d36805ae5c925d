import type { Dtype } from '../tensor/dtype.ts';
import { type Band, runsOf } from './groups.ts';
import type { Slice } from './slices.ts';
import type { Register } from './workspace.ts';

/** A slice of a band, and the dtype that says what a register's floats are. */
export interface SpreadPlace {
  readonly dtype: Dtype;
  readonly band: Band;
  readonly slice: Slice;
}

/** Gives each element of a slice its group's value, rounded to the register's floats. */
export function spread(target: Register, values: Float64Array, { dtype, band, slice }: SpreadPlace): void {
  const floats = floatsOf(target, dtype);
  for (const { offset, count, group } of runsOf(band, slice.start - band.start, slice.count))
    if (band.isInterleaved) floats.set(values.subarray(group, group + count), offset);
    else floats.fill(values[group] ?? 0, offset, offset + count);
}

/** A register's floats; views end with the next `borrow` and `await`. */
export function floatsOf({ bytes }: Register, dtype: Dtype): Float32Array | Float64Array {
  const { buffer, byteOffset, byteLength } = bytes;
  return dtype === 'F64'
    ? new Float64Array(buffer, byteOffset, byteLength / 8)
    : new Float32Array(buffer, byteOffset, byteLength / 4);
}
