import { conversionOf } from './conversion.ts';
import type { Dtype } from './dtype.ts';
import type { Region } from './kernels/arena.ts';
import type { Kernels } from './kernels/kernels.ts';

/** Element types that predictions are made of: those whose arithmetic is F32's. */
export const PREDICTED_DTYPES = ['F32', 'F16', 'BF16'] as const satisfies readonly Dtype[];
export type PredictedDtype = (typeof PREDICTED_DTYPES)[number];

/** A factor of a prediction: little-endian numbers, dense. */
export interface FactorBytes {
  readonly bytes: Uint8Array;
  readonly dtype: PredictedDtype;
}

/** Version of the numerics of this file and of `kernels/assembly/predict.ts`. What it computes never changes; a change is a new version. */
export const PREDICTION_KERNELS = 1;

/** `base + scale * (left @ right)`, row by row. */
export interface LowRankPrediction {
  readonly type: 'low-rank';
  readonly dtype: PredictedDtype;
  readonly columns: number;
  readonly rank: number;
  readonly scale: number;
  /** One row of `rank` numbers for each row of the base. */
  readonly left: Float32Array;
  /** `rank` rows of `columns` numbers. */
  readonly right: Float32Array;
}

/** Element i of the base times `vector[floor(i / run) mod vector.length]`. */
export interface ScalingPrediction {
  readonly type: 'scaling';
  readonly dtype: PredictedDtype;
  readonly vector: Float32Array;
  readonly run: number;
}

/** How a tensor is predicted from its base. Numbers may be in shared memory. */
export type Prediction = LowRankPrediction | ScalingPrediction;

/**
 * Predicts a slice: `base` holds whole elements, the first of which is element `start` of the tensor. Elements and factors are
 * widened to F32, products and sums rounded to F32 one by one, NaNs made canonical, and the result rounded once to the dtype.
 */
export function predict(
  base: Uint8Array,
  { prediction, start }: { readonly prediction: Prediction; readonly start: number },
  kernels: Kernels,
): Uint8Array {
  const { widen, narrow } = conversionOf(prediction.dtype, kernels);
  if (!narrow) throw new Error(`${prediction.dtype} is not a dtype of predictions`);
  const count = base.length / (prediction.dtype === 'F32' ? 4 : 2);
  using elements = kernels.borrow(base.length);
  using values = kernels.borrow(count * 4);
  elements.bytes.set(base);
  widen(values.pointer, elements.pointer, count);
  if (prediction.type === 'low-rank') addLowRank(values, { prediction, start, count }, kernels);
  else scale(values, { prediction, start, count }, kernels);
  kernels.exports.mergeCanonicalNanF32(values.pointer, count);
  narrow(elements.pointer, values.pointer, count);
  return elements.bytes.slice();
}

interface Slice<Of extends Prediction> {
  readonly prediction: Of;
  readonly start: number;
  readonly count: number;
}

function addLowRank(values: Region, slice: Slice<LowRankPrediction>, kernels: Kernels): void {
  const { prediction, start, count } = slice;
  const { columns, rank, scale } = prediction;
  const firstRow = Math.floor(start / columns);
  const end = start + count;
  using left = regionOf(prediction.left.subarray(firstRow * rank, Math.ceil(end / columns) * rank), kernels);
  using right = regionOf(prediction.right, kernels);
  for (let from = start; from < end; ) {
    const row = Math.floor(from / columns);
    const to = Math.min(end, (row + 1) * columns);
    kernels.exports.addLowRankRow(
      values.pointer + (from - start) * 4,
      left.pointer + (row - firstRow) * rank * 4,
      right.pointer + (from - row * columns) * 4,
      to - from,
      columns,
      rank,
      scale,
    );
    from = to;
  }
}

function scale(values: Region, { prediction, start, count }: Slice<ScalingPrediction>, kernels: Kernels) {
  const { vector, run } = prediction;
  const factors = new Float32Array(count);
  for (let from = start; from < start + count; ) {
    const stretch = Math.floor(from / run);
    const to = Math.min(start + count, (stretch + 1) * run);
    factors.fill(vector[stretch % vector.length] ?? 0, from - start, to - start);
    from = to;
  }
  using region = regionOf(factors, kernels);
  kernels.exports.multiplyF32(values.pointer, region.pointer, count);
}

function regionOf(numbers: Float32Array, kernels: Kernels): Region {
  const region = kernels.borrow(numbers.byteLength);
  region.bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  return region;
}
