import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec, FrameContext } from './codec.ts';
import { frameCorrupt } from './frame-error.ts';
import { decodeLayers, decodePlanes, encodePlanes } from './planes.ts';

/** Exclusive or with the same range of another extent, then byte planes: a lossless delta between fine-tunes. */
export const xorCodec: FrameCodec = {
  kind: RECORD_KINDS.xor,
  name: 'xor',
  needsBase: true,
  encode: (raw, context) => encodePlanes(raw, context.beneath ? context : checkBase(raw.length, context)),
  decode: (stored, target, context) => {
    const { beneath } = context;
    if (beneath) decodeLayers(stored, target, { ...context, beneath });
    else decodePlanes(stored, target, checkBase(target.length, context));
  },
};

function checkBase(length: number, context: FrameContext): FrameContext {
  if (context.base?.length === length) return context;
  throw frameCorrupt('the extent it refers to has another length');
}
