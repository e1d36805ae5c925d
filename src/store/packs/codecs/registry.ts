import { MgitError } from '../../../base/errors.ts';
import { RECORD_KINDS } from '../records.ts';
import type { FrameCodec } from './codec.ts';
import { planesCodec } from './planes.ts';
import { ia3Codec, lowRankCodec } from './predicted.ts';
import { rawCodec } from './raw.ts';
import { sparseCodec } from './sparse.ts';
import { xorCodec } from './xor.ts';

/** The codecs of this version. A recipe record has no frames, and so no codec. */
export const FRAME_CODECS: readonly FrameCodec[] = [
  rawCodec,
  planesCodec,
  xorCodec,
  sparseCodec,
  lowRankCodec,
  ia3Codec,
];

/** The codec of a record kind. Errors: `RECORD_UNSUPPORTED` for kinds that the format does not know. */
export function frameCodec(kind: number): FrameCodec {
  const codec = FRAME_CODECS.find(candidate => candidate.kind === kind);
  if (codec) return codec;
  throw recordUnsupported(kind);
}

/** The error of a record that a later mgit wrote. */
export function recordUnsupported(kind: number): MgitError {
  const name = Object.entries(RECORD_KINDS).find(([, number]) => number === kind)?.[0];
  return new MgitError('RECORD_UNSUPPORTED', `this mgit cannot read ${name ?? `kind ${kind}`} records`, {
    hint: 'Update mgit.',
  });
}
