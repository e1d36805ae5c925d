import type { Digest } from '../../base/ids.ts';
import { factorMatrix, factorVector } from '../../tensor/factor-matrix.ts';
import type { LowRankPrediction, Prediction, ScalingPrediction } from '../../tensor/prediction.ts';
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
  const numbers = await factorVector({ bytes, dtype: vector.dtype });
  freshBuffers.release(bytes);
  return { type: 'scaling', dtype, vector: numbers, run };
}

interface Shape {
  readonly rows: number;
  readonly columns: number;
}

async function matrix(factor: FactorReference, shape: Shape, read: ReadFactor): Promise<Float32Array> {
  const bytes = await read(factor.digest, shape.rows * shape.columns * bytesOf(factor.dtype));
  const { dtype, isTransposed } = factor;
  const numbers = await factorMatrix({ bytes, dtype }, { ...shape, isTransposed });
  freshBuffers.release(bytes);
  return numbers;
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
