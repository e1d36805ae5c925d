import type { Digest } from '../../base/ids.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { PREDICTED_DTYPES, type PredictedDtype, type Prediction } from '../../tensor/prediction.ts';
import { estimateScaling } from '../../tensor/structure/estimate-scaling.ts';
import { factorize } from '../../tensor/structure/factorize.ts';
import { type SampleStructure, sampleStructure } from '../../tensor/structure/sample-structure.ts';
import { bytesOf } from '../packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { PredictedTensor } from '../tensor-store.ts';
import type { CodingSample, Rated, SamplePlace } from './choose-coding.ts';
import type { Coding } from './coding.ts';
import { type MatrixPair, matrixBlocks } from './matrix-blocks.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { factorsOf, predictedCoding, predictionOf, storePredictedCoding } from './predicted-coding.ts';
import type { ReadPart } from './read-part.ts';
import type { WriteSession } from './session.ts';

/** An extent that is added beside its base, and how it would be coded otherwise. */
interface Discovery {
  readonly extent: PlannedExtent;
  /** Where the sample was taken. */
  readonly places: readonly SamplePlace[];
  readonly sample: CodingSample;
  readonly rated: Rated;
  readonly readPart: ReadPart;
}

/** Smaller matrices are not worth factors. */
const SIDE_AT_LEAST = 32;
const BYTES_AT_LEAST = 64 * 1024;
const ROW_BYTES_AT_MOST = 512 * 1024;
/** What is coded to this share already needs no factors. */
const SHARE_AT_LEAST = 0.05;
/** Rows that are looked at, fewer where they are long: a dense change must not cost more than a few milliseconds. Finds ranks up to 38. */
const SAMPLE_ROWS = 96;
/** Elements of the factors that are estimated, each a few F64: memory for one at a time. */
const ESTIMATED_AT_MOST = 2 ** 21;
const SAMPLE_BYTES = 2 * 1024 * 1024;
/** A prediction must beat what it replaces by this factor, as whatever reads another extent must. */
const ADVANTAGE = 0.9;

/**
 * Looks whether a matrix is its base with a low-rank product added (a merged LoRA) or scaled along an axis (a merged IA3): a cheap test
 * on some rows first, then passes over both, then a trial on the sample. Undefined where that is not smaller.
 */
export async function discoverPrediction(
  discovery: Discovery,
  session: WriteSession,
): Promise<Coding | undefined> {
  const pair = matrixPair(discovery);
  if (!pair) return undefined;
  const rowsAtMost = Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_BYTES / rowBytesOf(pair)));
  const structure = await firstStructure(pair, rowsAtMost, session);
  const tensor = structure && (await session.calculation(() => estimate(pair, structure, session)));
  if (!tensor) return undefined;
  const prediction = await predictionOf(tensor);
  if (!(await isSmaller({ tensor, prediction }, discovery, session))) return undefined;
  return storePredictedCoding({ tensor, prediction }, discovery.extent.span.length, session);
}

function matrixPair({ extent, sample, rated, readPart }: Discovery): MatrixPair | undefined {
  const { dtype, shape, base, span } = extent;
  const isKnown = (PREDICTED_DTYPES as readonly (string | undefined)[]).includes(dtype);
  if (!isKnown || shape === undefined || shape.length < 2 || base === undefined) return undefined;
  const [rows = 0, columns] = [shape[0], elementCount(shape.slice(1))];
  const isWorthwhile = rated.coding.kind !== RECORD_KINDS.sparse && shareOf(rated, sample) >= SHARE_AT_LEAST;
  const isLarge = Math.min(rows, columns) >= SIDE_AT_LEAST && span.length >= BYTES_AT_LEAST;
  if (!isWorthwhile || !isLarge) return undefined;
  const pair: MatrixPair = { rows, columns, dtype: dtype as PredictedDtype, base, readPart };
  return rowBytesOf(pair) <= ROW_BYTES_AT_MOST ? pair : undefined;
}

function rowBytesOf({ columns, dtype }: MatrixPair): number {
  return columns * bytesOf(dtype);
}

function shareOf({ size }: Rated, { parts }: CodingSample): number {
  return size / parts.reduce((sum, part) => sum + part.length, 0);
}

async function firstStructure(
  pair: MatrixPair,
  rowsAtMost: number,
  session: WriteSession,
): Promise<SampleStructure | undefined> {
  for await (const block of matrixBlocks({ ...pair, rowsAtMost }, session))
    return sampleStructure(block, { dtype: pair.dtype, rowsAtMost });
  return undefined;
}

async function estimate(
  pair: MatrixPair,
  structure: SampleStructure,
  session: WriteSession,
): Promise<PredictedTensor | undefined> {
  const { rows, columns, base, dtype } = pair;
  const read = () => matrixBlocks(pair, session);
  if (structure.type === 'scaling') {
    const { axis } = structure;
    const vector = await estimateScaling(read, { rows, columns, axis });
    return { type: 'scaling', base, dtype, vector: factor(vector), run: axis === 'rows' ? columns : 1 };
  }
  const { rank, noise } = structure;
  if (2 * rank * Math.max(rows, columns) > ESTIMATED_AT_MOST) return undefined;
  if (factorBytes({ rank, rows, columns }) > rows * columns * bytesOf(dtype)) return undefined;
  const found = await factorize(read, { rows, columns, rank, noise });
  return found && lowRankTensor(pair, base, found);
}

function factorBytes(size: {
  readonly rank: number;
  readonly rows: number;
  readonly columns: number;
}): number {
  return size.rank * (size.rows + size.columns) * 4;
}

function lowRankTensor(
  { rows, columns, dtype }: MatrixPair,
  base: Digest,
  { rank, left, right }: { readonly rank: number; readonly left: Float32Array; readonly right: Float32Array },
): PredictedTensor {
  return {
    type: 'low-rank',
    base,
    dtype,
    rows,
    columns,
    rank,
    scale: 1,
    left: { ...factor(left), isTransposed: false },
    right: { ...factor(right), isTransposed: false },
  };
}

function factor(numbers: Float32Array): { readonly bytes: Uint8Array; readonly dtype: 'F32' } {
  return { bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), dtype: 'F32' };
}

/** Codes the sample against the prediction: its share of the extent and the factors must take less than what was chosen before. */
async function isSmaller(
  { tensor, prediction }: { readonly tensor: PredictedTensor; readonly prediction: Prediction },
  { extent, places, sample, rated }: Discovery,
  session: WriteSession,
): Promise<boolean> {
  const { length } = extent.span;
  const { kind, elements } = predictedCoding(tensor);
  let size = 0;
  for (const [index, { offset }] of places.entries()) {
    const [bytes, base] = [sample.parts[index], sample.base?.parts[index]];
    if (!bytes || !base) throw new Error('a sample has all its parts');
    const job = { kind, elements, bytes, base, prediction: { prediction, offset } };
    size += (await session.engine.encode(job)).length;
  }
  const factors = factorsOf(tensor).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const expected = shareOf({ ...rated, size }, sample) * length + factors;
  return expected < shareOf(rated, sample) * length * ADVANTAGE;
}
