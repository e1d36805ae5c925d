import { MgitError } from '../base/errors.ts';
import { conversionOf } from './conversion.ts';
import { bitsOf, type Dtype } from './dtype.ts';
import type { Region } from './kernels/arena.ts';
import type { Kernels } from './kernels/kernels.ts';

/** Converts whole elements, little-endian, into `target`. */
export type ConvertElements = (target: Uint8Array, elements: Uint8Array) => void;

/** Elements that are converted at a time: few enough to stay in a core's cache. */
const BATCH = 32 * 1024;

/**
 * A conversion between floating-point dtypes, each value rounded once, to nearest even; from F64, too. Errors: `DTYPE_NOT_CONVERTIBLE`.
 */
export function elementConverter(from: Dtype, to: Dtype, kernels: Kernels): ConvertElements {
  const [source, result] = [conversionOf(from, kernels), conversionOf(to, kernels)];
  const { narrow } = result;
  if (narrow === undefined) throw new MgitError('DTYPE_NOT_CONVERTIBLE', `nothing is rounded to ${to}`);
  const [fromBytes, toBytes] = [bitsOf(from) / 8, bitsOf(to) / 8];
  const convertBatch = (target: Uint8Array, elements: Uint8Array, count: number): void => {
    using input = kernels.borrow(count * 8);
    using floats = kernels.borrow(count * 8);
    using output = kernels.borrow(count * 8);
    input.bytes.set(elements);
    source.widen(floats.pointer, input.pointer, count);
    const ready =
      source.workType === result.workType
        ? floats
        : crossed(kernels, { floats, spare: input, count, to: result.workType, isLast: result.identical });
    narrow(output.pointer, ready.pointer, count);
    target.set(output.bytes.subarray(0, count * toBytes));
  };
  return (target, elements) => {
    const total = elements.length / fromBytes;
    for (let at = 0; at < total; at += BATCH) {
      const count = Math.min(BATCH, total - at);
      const part = elements.subarray(at * fromBytes, (at + count) * fromBytes);
      convertBatch(target.subarray(at * toBytes), part, count);
    }
  };
}

interface Crossing {
  readonly floats: Region;
  readonly spare: Region;
  readonly count: number;
  readonly to: 'F32' | 'F64';
  /** No further rounding follows. */
  readonly isLast: boolean;
}

function crossed({ exports }: Kernels, { floats, spare, count, to, isLast }: Crossing): Region {
  if (to === 'F64') exports.f32ToF64(spare.pointer, floats.pointer, count);
  else if (isLast) exports.f64ToF32(spare.pointer, floats.pointer, count);
  else roundToOdd(spare, floats, count);
  return spare;
}

/**
 * F64 to F32 with the last bit set wherever something was lost: rounding that to fewer bits then gives what rounding at once would have.
 * Source: Boldo, Melquiond 2008, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd.
 */
function roundToOdd(target: Region, source: Region, count: number): void {
  const { buffer, byteOffset } = source.bytes;
  const values = new Float64Array(buffer, byteOffset, count);
  const floats = new Float32Array(target.bytes.buffer, target.bytes.byteOffset, count);
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, count);
  for (let i = 0; i < count; i++) {
    const value = values[i] as number;
    floats[i] = value;
    const rounded = floats[i] as number;
    const word = bits[i] as number;
    if (rounded === value || Number.isNaN(value) || (word & 1) === 1) continue;
    bits[i] = Math.abs(rounded) > Math.abs(value) ? word - 1 : word + 1; // The neighbour on the other side of the value is odd.
  }
}
