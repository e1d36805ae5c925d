import type { Digest } from '../../base/ids.ts';
import { conversionOf } from '../../tensor/conversion.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type {
  LowRankPrediction,
  PredictedDtype,
  Prediction,
  ScalingPrediction,
} from '../../tensor/prediction.ts';
import { packCorrupt } from '../packs/pack-error.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import {
  bytesOf,
  decodeLowRank,
  decodeScaling,
  type FactorReference,
  type LowRankParameters,
  type ScalingParameters,
} from '../packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { freshBuffers } from './buffer-pool.ts';
import { exactReader } from './exact-reader.ts';
import { type ReadContext, readExtent } from './read-extent.ts';
import { verified } from './verified.ts';

/** Reads what an entry's frames are predicted from; undefined for kinds that are not. Errors: those of reading, `PACK_CORRUPT`. */
export async function loadPrediction(
  entry: PackEntry,
  context: ReadContext,
): Promise<Prediction | undefined> {
  const read: ReadFactor = (digest, length) => readFactor({ digest, length, of: entry.digest }, context);
  if (entry.kind === RECORD_KINDS.lowRank) return lowRankPrediction(decodeLowRank(entry), read);
  if (entry.kind === RECORD_KINDS.ia3) return scalingPrediction(decodeScaling(entry), read);
  return undefined;
}

/** Reads the whole of a factor of `length` bytes. */
export type ReadFactor = (digest: Digest, length: number) => Promise<Uint8Array>;

/** The prediction that parameters describe. */
export async function lowRankPrediction(
  parameters: LowRankParameters,
  read: ReadFactor,
): Promise<LowRankPrediction> {
  const { dtype, rows, columns, rank, scale, left, right } = parameters;
  return {
    type: 'low-rank',
    dtype,
    columns,
    rank,
    scale,
    left: await matrix(left, { rows, columns: rank }, read),
    right: await matrix(right, { rows: rank, columns }, read),
  };
}

/** The prediction that parameters describe. */
export async function scalingPrediction(
  { dtype, vector, run }: ScalingParameters,
  read: ReadFactor,
): Promise<ScalingPrediction> {
  const bytes = await read(vector.digest, vector.length * bytesOf(vector.dtype));
  return { type: 'scaling', dtype, vector: await widened(bytes, vector.dtype), run };
}

interface Shape {
  readonly rows: number;
  readonly columns: number;
}

async function matrix(factor: FactorReference, shape: Shape, read: ReadFactor): Promise<Float32Array> {
  const bytes = await read(factor.digest, shape.rows * shape.columns * bytesOf(factor.dtype));
  const numbers = await widened(bytes, factor.dtype);
  return factor.isTransposed ? transposed(numbers, shape) : numbers;
}

/** Numbers in memory that threads share: they are sent along with every frame. */
async function widened(bytes: Uint8Array, dtype: PredictedDtype): Promise<Float32Array> {
  const kernels = await loadKernels();
  const numbers = sharedNumbers(bytes.length / bytesOf(dtype));
  using input = kernels.borrow(bytes.length);
  using output = kernels.borrow(numbers.byteLength);
  input.bytes.set(bytes);
  conversionOf(dtype, kernels).widen(output.pointer, input.pointer, numbers.length);
  new Uint8Array(numbers.buffer).set(output.bytes);
  freshBuffers.release(bytes);
  return numbers;
}

function transposed(numbers: Float32Array, { rows, columns }: Shape): Float32Array {
  const result = sharedNumbers(numbers.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[row * columns + column] = numbers[column * rows + row] ?? 0;
  return result;
}

function sharedNumbers(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

async function readFactor(
  { digest, length, of }: { readonly digest: Digest; readonly length: number; readonly of: Digest },
  context: ReadContext,
): Promise<Uint8Array> {
  const found = await context.lookup(digest);
  if (found && found.length !== length) throw packCorrupt(of, 'a factor of its record has another length');
  const below = { ...context, buffers: freshBuffers, baseBuffers: freshBuffers, depth: context.depth + 1 };
  const reader = exactReader(
    verified(digest, readExtent(digest, undefined, below), context.engine),
    freshBuffers,
  );
  try {
    const bytes = await reader.take(length);
    await reader.isAtEnd(); // Its digest is checked at the end.
    return bytes;
  } finally {
    await reader.close();
  }
}
