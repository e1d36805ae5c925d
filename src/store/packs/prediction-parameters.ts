import type { Digest } from '../../base/ids.ts';
import { PREDICTED_DTYPES, PREDICTION_KERNELS, type PredictedDtype } from '../../tensor/prediction.ts';
import { recordUnsupported } from './codecs/registry.ts';
import { PREDICTION_LIMITS } from './limits.ts';
import { packCorrupt } from './pack-error.ts';
import type { PackEntry } from './pack-index.ts';
import { RECORD_KINDS } from './records.ts';

/** A factor of a low-rank record: an extent of its own. */
export interface FactorReference {
  readonly digest: Digest;
  readonly dtype: PredictedDtype;
  /** Stored with rows and columns exchanged. */
  readonly isTransposed: boolean;
}

/** The parameters of a low-rank record: `base + scale * (left @ right)`; left is rows x rank, right rank x columns. */
export interface LowRankParameters {
  readonly base: Digest;
  readonly dtype: PredictedDtype;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  /** An F32. */
  readonly scale: number;
  readonly left: FactorReference;
  readonly right: FactorReference;
}

/** The parameters of an IA3 record: element i of the base times element `floor(i / run) mod vectorLength` of the vector. */
export interface ScalingParameters {
  readonly base: Digest;
  readonly dtype: PredictedDtype;
  readonly vector: { readonly digest: Digest; readonly dtype: PredictedDtype; readonly length: number };
  readonly run: number;
}

const LOW_RANK_BYTES = 128;
const SCALING_BYTES = 88;
const TRANSPOSED = { left: 1, right: 2 } as const;

/** The parameters as bytes. */
export function encodeLowRank(parameters: LowRankParameters): Uint8Array {
  const { base, left, right, dtype, rows, columns, rank, scale } = parameters;
  const bytes = Buffer.alloc(LOW_RANK_BYTES);
  [base, left.digest, right.digest].forEach((digest, at) => void bytes.write(digest, at * 32, 'hex'));
  bytes.writeUInt32LE(PREDICTION_KERNELS, 96);
  bytes.set([dtype, left.dtype, right.dtype].map(numberOf), 100);
  bytes.writeUInt8(
    (left.isTransposed ? TRANSPOSED.left : 0) | (right.isTransposed ? TRANSPOSED.right : 0),
    103,
  );
  bytes.writeBigUInt64LE(BigInt(rows), 104);
  bytes.writeBigUInt64LE(BigInt(columns), 112);
  bytes.writeUInt32LE(rank, 120);
  bytes.writeFloatLE(scale, 124);
  return bytes;
}

/** Reads and checks a low-rank record's parameters. Errors: `PACK_CORRUPT`; `RECORD_UNSUPPORTED` for other kernels or dtypes. */
export function decodeLowRank(entry: PackEntry): LowRankParameters {
  const bytes = parametersOf(entry, LOW_RANK_BYTES, 96);
  const [dtype, leftDtype, rightDtype] = [100, 101, 102].map(at => dtypeOf(entry, bytes[at])) as [
    PredictedDtype,
    PredictedDtype,
    PredictedDtype,
  ];
  const flags = bytes.readUInt8(103);
  const parameters: LowRankParameters = {
    base: digestAt(bytes, 0),
    dtype,
    rows: Number(bytes.readBigUInt64LE(104)),
    columns: Number(bytes.readBigUInt64LE(112)),
    rank: bytes.readUInt32LE(120),
    scale: bytes.readFloatLE(124),
    left: { digest: digestAt(bytes, 32), dtype: leftDtype, isTransposed: (flags & TRANSPOSED.left) !== 0 },
    right: { digest: digestAt(bytes, 64), dtype: rightDtype, isTransposed: (flags & TRANSPOSED.right) !== 0 },
  };
  const problem = flags > 3 ? 'it has unknown flags' : lowRankProblem(parameters, entry.length);
  if (problem !== undefined) throw packCorrupt(entry.digest, `a low-rank record is damaged: ${problem}`);
  return parameters;
}

/** What keeps a low-rank record of an extent of `length` bytes from being one. */
export function lowRankProblem(parameters: LowRankParameters, length: number): string | undefined {
  const { dtype, rows, columns, rank, scale } = parameters;
  if (![rows, columns].every(size => size > 0 && size <= PREDICTION_LIMITS.factorElements))
    return 'its sizes';
  if (rank < 1 || rank > PREDICTION_LIMITS.rank) return 'its rank';
  if (rank * Math.max(rows, columns) > PREDICTION_LIMITS.factorElements) return 'its factors are too large';
  if (rows * columns * bytesOf(dtype) !== length) return 'its sizes do not give its length';
  return Number.isFinite(scale) ? undefined : 'its scale is no number';
}

/** The parameters as bytes. */
export function encodeScaling({ base, dtype, vector, run }: ScalingParameters): Uint8Array {
  const bytes = Buffer.alloc(SCALING_BYTES);
  bytes.write(base, 0, 'hex');
  bytes.write(vector.digest, 32, 'hex');
  bytes.writeUInt32LE(PREDICTION_KERNELS, 64);
  bytes.set([dtype, vector.dtype].map(numberOf), 68);
  bytes.writeBigUInt64LE(BigInt(vector.length), 72);
  bytes.writeBigUInt64LE(BigInt(run), 80);
  return bytes;
}

/** Reads and checks an IA3 record's parameters. Errors: `PACK_CORRUPT`; `RECORD_UNSUPPORTED` for other kernels or dtypes. */
export function decodeScaling(entry: PackEntry): ScalingParameters {
  const bytes = parametersOf(entry, SCALING_BYTES, 64);
  const parameters: ScalingParameters = {
    base: digestAt(bytes, 0),
    dtype: dtypeOf(entry, bytes[68]),
    vector: {
      digest: digestAt(bytes, 32),
      dtype: dtypeOf(entry, bytes[69]),
      length: Number(bytes.readBigUInt64LE(72)),
    },
    run: Number(bytes.readBigUInt64LE(80)),
  };
  const problem =
    bytes.readUInt16LE(70) === 0 ? scalingProblem(parameters, entry.length) : 'it has unknown flags';
  if (problem !== undefined) throw packCorrupt(entry.digest, `an IA3 record is damaged: ${problem}`);
  return parameters;
}

/** What keeps an IA3 record of an extent of `length` bytes from being one. */
export function scalingProblem(
  { dtype, vector, run }: ScalingParameters,
  length: number,
): string | undefined {
  if (vector.length < 1 || vector.length > PREDICTION_LIMITS.factorElements) return 'its vector';
  const stretch = vector.length * run * bytesOf(dtype);
  if (run < 1 || !Number.isSafeInteger(stretch)) return 'its run';
  return length % stretch === 0 ? undefined : 'its vector does not fit its length';
}

/** Bytes of an element. */
export function bytesOf(dtype: PredictedDtype): number {
  return dtype === 'F32' ? 4 : 2;
}

function parametersOf(entry: PackEntry, length: number, kernelsAt: number): Buffer {
  const { parameters, kind, digest } = entry;
  if (parameters.length !== length) throw packCorrupt(digest, 'its parameters have another length');
  const bytes = Buffer.from(parameters.buffer, parameters.byteOffset, parameters.length);
  if (bytes.readUInt32LE(kernelsAt) !== PREDICTION_KERNELS) throw recordUnsupported(kind);
  return bytes;
}

function numberOf(dtype: PredictedDtype): number {
  return PREDICTED_DTYPES.indexOf(dtype) + 1;
}

function dtypeOf({ kind }: PackEntry, number: number | undefined): PredictedDtype {
  const dtype = PREDICTED_DTYPES[(number ?? 0) - 1];
  if (!dtype) throw recordUnsupported(kind);
  return dtype;
}

function digestAt(bytes: Buffer, at: number): Digest {
  return bytes.toString('hex', at, at + 32) as Digest;
}

/** Whether a record's frames are coded against a prediction. */
export function isPredicted(kind: number): boolean {
  return kind === RECORD_KINDS.lowRank || kind === RECORD_KINDS.ia3;
}
