import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec, FrameContext } from './codec.ts';
import { frameCorrupt } from './frame-error.ts';
import { decodePlanes, encodePlanes } from './planes.ts';

/** Exclusive or with the same range of another extent, then byte planes: a lossless delta between fine-tunes. */
export const xorCodec: FrameCodec = {
  kind: RECORD_KINDS.xor,
  name: 'xor',
  needsBase: true,
  encode: (raw, context) => encodePlanes(xor(raw, context), context),
  decode: (stored, rawLength, context) => xor(decodePlanes(stored, rawLength, context), context),
};

function xor(bytes: Uint8Array, { base, kernels }: FrameContext): Uint8Array {
  if (base?.length !== bytes.length) throw frameCorrupt('the extent it refers to has another length');
  using left = kernels.borrow(bytes.length);
  using right = kernels.borrow(bytes.length);
  left.bytes.set(bytes);
  right.bytes.set(base);
  kernels.exports.xorBytes(left.pointer, left.pointer, right.pointer, bytes.length);
  return left.bytes.slice();
}
