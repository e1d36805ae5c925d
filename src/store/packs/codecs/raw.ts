import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec } from './codec.ts';
import { frameCorrupt } from './frame-error.ts';

/** The bytes as they are. */
export const rawCodec: FrameCodec = {
  kind: RECORD_KINDS.raw,
  name: 'raw',
  needsBase: false,
  encode: raw => raw,
  decode: (stored, target) => {
    if (stored.length !== target.length) throw frameCorrupt('a raw frame has another length than its bytes');
    target.set(stored);
  },
};
