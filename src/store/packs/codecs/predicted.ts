import { predict } from '../../../tensor/prediction.ts';
import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec, FrameContext } from './codec.ts';
import { type DifferenceContext, decodeDifference, encodeDifference } from './difference.ts';
import { frameCorrupt } from './frame-error.ts';

/** The elements that differ from the base with a low-rank product added: a frame that is as predicted takes one byte. */
export const lowRankCodec = predictedCodec(RECORD_KINDS.lowRank, 'low-rank');

/** The elements that differ from the base scaled along an axis. */
export const ia3Codec = predictedCodec(RECORD_KINDS.ia3, 'IA3');

function predictedCodec(kind: number, name: string): FrameCodec {
  return {
    kind,
    name,
    needsBase: true,
    encode: (raw, context) => encodeDifference(raw, predicted(raw.length, context)),
    decode: (stored, target, context) => decodeDifference(stored, target, predicted(target.length, context)),
  };
}

function predicted(length: number, context: FrameContext): DifferenceContext {
  const { base, prediction: place, kernels, elements } = context;
  if (!place) throw frameCorrupt('nothing says how it is predicted');
  const { prediction, offset } = place;
  const elementSize = prediction.dtype === 'F32' ? 4 : 2;
  if (base?.length !== length) throw frameCorrupt('the extent it refers to has another length');
  if (elements.elementSize !== elementSize)
    throw frameCorrupt('its elements are not those of its prediction');
  if (length % elementSize !== 0 || offset % elementSize !== 0)
    throw frameCorrupt('it cuts an element in two');
  return { ...context, base: predict(base, { prediction, start: offset / elementSize }, kernels) };
}
