import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec, FrameContext } from './codec.ts';
import { type DifferenceContext, decodeDifference, encodeDifference } from './difference.ts';
import { frameCorrupt } from './frame-error.ts';

/** The elements that differ from the same range of another extent: a frame without any takes one byte. */
export const sparseCodec: FrameCodec = {
  kind: RECORD_KINDS.sparse,
  name: 'sparse',
  needsBase: true,
  encode: (raw, context) => encodeDifference(raw, checkBase(raw.length, context)),
  decode: (stored, target, context) => decodeDifference(stored, target, checkBase(target.length, context)),
};

function checkBase(length: number, context: FrameContext): DifferenceContext {
  const { base } = context;
  if (base?.length === length) return { ...context, base };
  throw frameCorrupt('the extent it refers to has another length');
}
