import { createHash } from 'node:crypto';
import type { Digest } from '../../base/ids.ts';
import type { FactorBytes, Prediction } from '../../tensor/prediction.ts';
import {
  encodeLowRank,
  encodeScaling,
  type LowRankParameters,
  lowRankProblem,
  type ScalingParameters,
  scalingProblem,
} from '../packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { LowRankTensor, PredictedTensor, ScaledTensor } from '../tensor-store.ts';
import { chainCost, costAbove, isAffordable } from './chain.ts';
import { type Coding, layoutsFor, RAW_CODING } from './coding.ts';
import { lowRankPrediction, type ReadFactor, scalingPrediction } from './load-prediction.ts';
import type { WriteSession } from './session.ts';
import { storeFactor } from './store-factor.ts';

/** The prediction of a tensor whose factors are at hand. */
export function predictionOf(tensor: PredictedTensor): Promise<Prediction> {
  const factors = new Map(factorsOf(tensor).map(({ bytes }) => [digestOf(bytes), bytes]));
  const read: ReadFactor = async digest => Uint8Array.from(factors.get(digest) ?? []); // The reader frees it.
  return tensor.type === 'low-rank'
    ? lowRankPrediction(lowRankParameters(tensor), read)
    : scalingPrediction(scalingParameters(tensor), read);
}

/** What keeps a tensor of `length` bytes from being recorded so: a bound of the format. */
export function predictionProblem(tensor: PredictedTensor, length: number): string | undefined {
  return tensor.type === 'low-rank'
    ? lowRankProblem(lowRankParameters(tensor), length)
    : scalingProblem(scalingParameters(tensor), length);
}

/** Stores the factors and returns the coding that refers to them; undefined where the format's bounds forbid it. */
export async function storePredictedCoding(
  { tensor, prediction }: { readonly tensor: PredictedTensor; readonly prediction: Prediction },
  length: number,
  session: WriteSession,
): Promise<Coding | undefined> {
  if (predictionProblem(tensor, length) !== undefined) return undefined;
  const base = await chainCost(tensor.base, session.lookup);
  if (!isAffordable(length, costAbove(length, [base, ...factorsOf(tensor).map(plainCost)]))) return undefined;
  const below = [base];
  let factorBytes = 0;
  for (const { bytes, dtype } of factorsOf(tensor)) {
    const factor = await storeFactor(bytes, dtype, session);
    if (!factor) return undefined;
    below.push(factor.cost);
    factorBytes += factor.storedBytes;
  }
  if (!isAffordable(length, costAbove(length, below))) return undefined;
  return {
    ...predictedCoding(tensor),
    predicted: { parameters: parametersOf(tensor), prediction, factorBytes },
  };
}

/** Kind, elements and base of a predicted tensor's record. */
export function predictedCoding(tensor: PredictedTensor): Coding {
  const kind = tensor.type === 'low-rank' ? RECORD_KINDS.lowRank : RECORD_KINDS.ia3;
  const elements = layoutsFor(tensor.dtype)[0] ?? RAW_CODING.elements;
  return { kind, elements, base: tensor.base };
}

/** The factors that are stored for a tensor. */
export function factorsOf(tensor: PredictedTensor): readonly FactorBytes[] {
  return tensor.type === 'low-rank' ? [tensor.left, tensor.right] : [tensor.vector];
}

function plainCost({ bytes }: FactorBytes) {
  return costAbove(bytes.length, []);
}

function parametersOf(tensor: PredictedTensor): Uint8Array {
  return tensor.type === 'low-rank'
    ? encodeLowRank(lowRankParameters(tensor))
    : encodeScaling(scalingParameters(tensor));
}

function lowRankParameters({ left, right, ...tensor }: LowRankTensor): LowRankParameters {
  const reference = ({ bytes, dtype, isTransposed }: LowRankTensor['left']) => ({
    digest: digestOf(bytes),
    dtype,
    isTransposed,
  });
  return { ...tensor, left: reference(left), right: reference(right) };
}

function scalingParameters({ base, dtype, vector, run }: ScaledTensor): ScalingParameters {
  const length = vector.bytes.length / (vector.dtype === 'F32' ? 4 : 2);
  return { base, dtype, run, vector: { digest: digestOf(vector.bytes), dtype: vector.dtype, length } };
}

function digestOf(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex') as Digest;
}
