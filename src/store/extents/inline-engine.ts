import { createHash } from 'node:crypto';
import type { Digest } from '../../base/ids.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { frameCodec } from '../packs/codecs/registry.ts';
import type { Engine, FrameJob } from './engine.ts';

/** Works in this thread: best for little work, since nothing must be started. */
export const inlineEngine: Engine = {
  width: 1,
  hasher: () => {
    const hash = createHash('sha256');
    return {
      update: async bytes => void hash.update(bytes),
      digest: async () => hash.digest('hex') as Digest,
    };
  },
  encode: encodeFrame,
  decode: decodeFrame,
};

/** Codes one frame in this thread. */
export async function encodeFrame({ kind, bytes, ...context }: FrameJob): Promise<Uint8Array> {
  const kernels = await loadKernels();
  return frameCodec(kind).encode(bytes, { ...context, kernels });
}

/** Decodes one frame in this thread. Errors: `FRAME_CORRUPT`, `RECORD_UNSUPPORTED`. */
export async function decodeFrame(
  { kind, bytes, ...context }: FrameJob,
  rawLength: number,
): Promise<Uint8Array> {
  const kernels = await loadKernels();
  return frameCodec(kind).decode(bytes, rawLength, { ...context, kernels });
}
