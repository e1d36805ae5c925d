import { MgitError } from '../base/errors.ts';
import { type ByteStream, createByteStream } from './byte-stream.ts';
import { isConvertible, type WorkType, workTypeOf } from './conversion.ts';
import { addSums, BLOCK_SUMS_BYTES, describeSums, readSums } from './difference-sums.ts';
import { bitsOf, byteCount, type Dtype } from './dtype.ts';
import type { Region } from './kernels/arena.ts';
import { type Kernels, loadKernels } from './kernels/kernels.ts';
import type { BlockSums } from './kernels/reference/difference.ts';
import { floatsPerElement, type Operand, openOperand, paddedFloats } from './operand.ts';
import { createPairwiseSum } from './pairwise-sum.ts';

/** The data of a tensor: dense, row-major, little-endian, in slices of any size. */
export interface TensorData {
  readonly dtype: Dtype;
  readonly elements: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** How far a tensor moved. Numbers that are not defined (a norm of zero, elements that are no numbers) are null. */
export interface TensorDifference {
  /** Elements whose bytes differ (bytes, where an element is no machine number of 8 to 64 bits); null when the dtypes differ. */
  readonly changed: number | null;
  /** `changed` over all elements. */
  readonly changedShare: number | null;
  /** ||after - before|| / ||before||, both Euclidean. */
  readonly relativeL2: number | null;
  /** ||after - before||. */
  readonly l2: number | null;
  /** ||before||. */
  readonly normBefore: number | null;
  readonly maxAbs: number | null;
  /** The cosine of the angle between before and after. */
  readonly cosine: number | null;
  /** Elements that are no numbers; like infinities they are left out of everything above but `changed`. */
  readonly nanBefore: number;
  readonly nanAfter: number;
  readonly infiniteBefore: number;
  readonly infiniteAfter: number;
}

/** Elements whose sums are one leaf of the tree: frozen, since the last bits of the result depend on it. */
const BLOCK_ELEMENTS = 4096;
/** Elements read at a time: whole blocks. */
const BATCH_ELEMENTS = 64 * BLOCK_ELEMENTS;

/**
 * Compares two tensors of the same number of elements. Memory is bounded by a few MiB, and the result has the same bits
 * however the data are sliced. Errors: `EXTENT_CORRUPT` when data end early; those of the streams.
 */
export async function measureDifference(before: TensorData, after: TensorData): Promise<TensorDifference> {
  const kernels = await loadKernels();
  await using leftStream = createByteStream(before.bytes);
  await using rightStream = createByteStream(after.bytes);
  const workType = commonWorkType(before.dtype, after.dtype);
  using left = openOperand(kernels, { dtype: before.dtype, workType, elements: BATCH_ELEMENTS });
  using right = openOperand(kernels, { dtype: after.dtype, workType, elements: BATCH_ELEMENTS });
  const sums = createPairwiseSum(addSums);
  let changed = 0;
  for (let done = 0; done < before.elements; done += BATCH_ELEMENTS) {
    const count = Math.min(BATCH_ELEMENTS, before.elements - done);
    await fillExactly(leftStream, left.staging, byteCount(before.dtype, count));
    await fillExactly(rightStream, right.staging, byteCount(after.dtype, count));
    if (before.dtype === after.dtype) changed += countChanged(kernels, left, right, count);
    if (workType) for (const block of sumBlocks(kernels, left, right, count)) sums.add(block);
  }
  return { ...describeChanged(before, after, changed), ...describeSums(sums.total()) };
}

/** What sums over two tensors are computed in; undefined when their elements can only be compared. */
function commonWorkType(before: Dtype, after: Dtype): WorkType | undefined {
  if (!isConvertible(before) || !isConvertible(after)) return undefined;
  if (floatsPerElement(before) !== floatsPerElement(after)) return undefined;
  return workTypeOf(before) === 'F32' && workTypeOf(after) === 'F32' ? 'F32' : 'F64';
}

async function fillExactly(stream: ByteStream, region: Region, length: number): Promise<void> {
  const done = await stream.fill(() => region.bytes.subarray(0, length));
  if (done < length)
    throw new MgitError('EXTENT_CORRUPT', `a tensor's data end ${length - done} bytes early`);
}

function countChanged({ exports }: Kernels, left: Operand, right: Operand, count: number): number {
  const bits = bitsOf(left.dtype);
  const [before, after] = [left.staging.pointer, right.staging.pointer];
  if (bits === 64) return exports.countChanged64(before, after, count);
  if (bits === 32) return exports.countChanged32(before, after, count);
  if (bits === 16) return exports.countChanged16(before, after, count);
  return exports.countChanged8(before, after, byteCount(left.dtype, count));
}

function* sumBlocks(
  { exports, borrow }: Kernels,
  left: Operand,
  right: Operand,
  count: number,
): Generator<BlockSums> {
  using result = borrow(BLOCK_SUMS_BYTES);
  const isWide = left.workType === 'F64';
  const kernel = isWide ? exports.differenceBlockF64 : exports.differenceBlockF32;
  const [before, after] = [left.widen(count), right.widen(count)];
  const floats = count * floatsPerElement(left.dtype);
  for (let start = 0; start < floats; start += BLOCK_ELEMENTS) {
    const offset = start * (isWide ? 8 : 4);
    const length = paddedFloats(Math.min(BLOCK_ELEMENTS, floats - start));
    kernel(result.pointer, before + offset, after + offset, length);
    yield readSums(result);
  }
}

function describeChanged(
  before: TensorData,
  after: TensorData,
  changed: number,
): Pick<TensorDifference, 'changed' | 'changedShare'> {
  if (before.dtype !== after.dtype) return { changed: null, changedShare: null };
  const isNumber = [16, 32, 64].includes(bitsOf(before.dtype));
  const units = isNumber ? before.elements : byteCount(before.dtype, before.elements);
  return { changed, changedShare: units === 0 ? 0 : changed / units };
}
