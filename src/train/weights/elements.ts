import { MgitError } from '../../base/errors.ts';
import { conversionOf } from '../../tensor/conversion.ts';
import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import type { ConvertKernel } from '../../tensor/kernels/convert-kernels.ts';
import type { Kernels } from '../../tensor/kernels/kernels.ts';

/** Dtypes that weights may have: training happens in float32 and is rounded back once, at the end. */
const FLOAT_DTYPES: readonly Dtype[] = ['F64', 'F32', 'F16', 'BF16'];

/** True for the dtypes that weights may have. */
export function isFloatDtype(dtype: Dtype): boolean {
  return FLOAT_DTYPES.includes(dtype);
}

/** Elements converted at a time. */
const SLICE = 1 << 20;

/** What is known of a tensor whose elements are converted. */
interface Elements {
  readonly name: string;
  readonly dtype: Dtype;
}

/** A tensor's bytes as float32. Errors: `TENSOR_DTYPE` for anything but F64, F32, F16, BF16. */
export function widenElements(
  bytes: Uint8Array,
  tensor: Elements,
  kernels: Kernels,
): Float32Array<ArrayBuffer> {
  checkDtype(tensor);
  const width = bitsOf(tensor.dtype) / 8;
  const floats = new Float32Array(bytes.length / width);
  if (tensor.dtype === 'F64') floats.set(new Float64Array(bytes.slice().buffer));
  else if (tensor.dtype === 'F32') new Uint8Array(floats.buffer).set(bytes);
  else
    convertSlices(
      { source: bytes, target: new Uint8Array(floats.buffer), count: floats.length },
      kernels,
      conversionOf(tensor.dtype, kernels).widen,
    );
  return floats;
}

/** Float32 as a tensor's bytes, rounded to nearest, ties to even. Errors: `TENSOR_DTYPE`. */
export function narrowElements(
  floats: Float32Array<ArrayBuffer>,
  tensor: Elements,
  kernels: Kernels,
): Uint8Array {
  checkDtype(tensor);
  if (tensor.dtype === 'F64') return new Uint8Array(Float64Array.from(floats).buffer);
  const source = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  if (tensor.dtype === 'F32') return source;
  const { narrow } = conversionOf(tensor.dtype, kernels);
  if (narrow === undefined) throw dtypeError(tensor);
  const bytes = new Uint8Array(floats.length * 2);
  convertSlices({ source, target: bytes, count: floats.length }, kernels, narrow);
  return bytes;
}

/** Bytes of `count` elements before and after. */
interface ConvertedBytes {
  readonly source: Uint8Array;
  readonly target: Uint8Array;
  readonly count: number;
}

function convertSlices(
  { source, target, count }: ConvertedBytes,
  kernels: Kernels,
  convert: ConvertKernel,
): void {
  const [sourceWidth, targetWidth] = [source.length / count, target.length / count];
  for (let start = 0; start < count; start += SLICE) {
    const end = Math.min(count, start + SLICE);
    using input = kernels.borrow((end - start) * sourceWidth);
    using output = kernels.borrow((end - start) * targetWidth);
    input.bytes.set(source.subarray(start * sourceWidth, end * sourceWidth));
    convert(output.pointer, input.pointer, end - start);
    target.set(output.bytes, start * targetWidth);
  }
}

function checkDtype(tensor: Elements): void {
  if (!isFloatDtype(tensor.dtype)) throw dtypeError(tensor);
}

function dtypeError({ name, dtype }: Elements): MgitError {
  return new MgitError(
    'TENSOR_DTYPE',
    `tensor ${name} is ${dtype}; weights are one of ${FLOAT_DTYPES.join(', ')}`,
    {
      details: { tensor: name },
    },
  );
}
