import type { Dtype } from '../../tensor/dtype.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';

/** A factor in an adapter's file: little-endian, dense. The path is absolute. */
export interface FactorPlace {
  readonly path: string;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  readonly dtype: PredictedDtype;
}

/** `scale` times a product of factors is added to a tensor: left is rows x rank, right rank x columns. */
export interface LowRankAdaptation {
  readonly type: 'low-rank';
  readonly dtype: PredictedDtype;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly scale: number;
  readonly left: FactorPlace;
  readonly right: FactorPlace;
  /** Both factors are stored columns first. */
  readonly isTransposed: boolean;
}

/** Element i is multiplied by element `floor(i / run)` of a vector, from its begin again after its end. */
export interface ScalingAdaptation {
  readonly type: 'scaling';
  readonly dtype: PredictedDtype;
  readonly vector: FactorPlace;
  readonly run: number;
}

/** Elements are rounded to another dtype. */
export interface RoundingAdaptation {
  readonly type: 'rounded';
  readonly dtype: Dtype;
}

/** What an adapter makes of a tensor's bytes. Nothing but data: it may go to another thread. */
export type Adaptation = LowRankAdaptation | ScalingAdaptation | RoundingAdaptation;

/** Memory for the factors of a tensor while it is read: as they are stored, as F32, and as F32 in the kernels' memory. */
export function factorMemory(adaptation: Adaptation | undefined): number {
  if (adaptation === undefined || adaptation.type === 'rounded') return 0;
  const factors = adaptation.type === 'scaling' ? [adaptation.vector] : [adaptation.left, adaptation.right];
  return factors.reduce((sum, { length, dtype }) => sum + length + 2 * length * (dtype === 'F32' ? 1 : 2), 0);
}
