import type { Digest } from '../../base/ids.ts';
import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import type { Prediction } from '../../tensor/prediction.ts';
import type { ElementLayout } from '../packs/codecs/codec.ts';
import { FLAG_ROTATED } from '../packs/pack-index.ts';
import { RECORD_KINDS } from '../packs/records.ts';

/** How the frames of one extent are coded. */
export interface Coding {
  readonly kind: number;
  readonly elements: ElementLayout;
  /** The extent that the frames are coded against. */
  readonly base: Digest | undefined;
  readonly predicted?: PredictedCoding | undefined;
}

/** What a coding against a prediction has besides: the record's parameters, and what they stand for. */
export interface PredictedCoding {
  readonly parameters: Uint8Array;
  readonly prediction: Prediction;
  /** Bytes that were stored for the factors. */
  readonly factorBytes: number;
}

/** Bytes as they are. */
export const RAW_CODING: Coding = {
  kind: RECORD_KINDS.raw,
  elements: { elementSize: 1, rotate: false },
  base: undefined,
};

/** The layouts tried where nothing is known of the elements. */
const USUAL_LAYOUTS: readonly ElementLayout[] = [
  { elementSize: 2, rotate: true },
  { elementSize: 4, rotate: true },
  { elementSize: 1, rotate: false },
];

/** Bytes of an element that planes can have, the largest first. Blocks of quantised values are taken as bytes. */
const ELEMENT_SIZES = [8, 4, 2, 1] as const;

/** The layouts worth trying for elements of a dtype; of a complex number's, both parts. */
export function layoutsFor(dtype: Dtype | undefined): readonly ElementLayout[] {
  if (dtype === undefined) return USUAL_LAYOUTS;
  if (dtype === 'C64') return [{ elementSize: 4, rotate: true }];
  const elementSize = ELEMENT_SIZES.find(size => size * 8 <= bitsOf(dtype)) ?? 1;
  return [{ elementSize, rotate: dtype === 'BF16' || dtype === 'F32' }];
}

/** A record's flags and parameters for a coding. */
export function recordFields(coding: Coding): {
  readonly kind: number;
  readonly elementSize: number;
  readonly flags: number;
  readonly parameters: Uint8Array;
} {
  const base = coding.base === undefined ? new Uint8Array() : Buffer.from(coding.base, 'hex');
  return {
    kind: coding.kind,
    elementSize: coding.elements.elementSize,
    flags: coding.elements.rotate ? FLAG_ROTATED : 0,
    parameters: coding.predicted?.parameters ?? base,
  };
}
