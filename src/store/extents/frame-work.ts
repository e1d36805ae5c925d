import { hash } from 'node:crypto';
import type { Digest } from '../../base/ids.ts';
import { partsOf } from '../../base/parts-of.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { frameCodec } from '../packs/codecs/registry.ts';
import type { FrameJob } from './engine.ts';

/** Codes one frame in this thread. */
export async function encodeFrame({ kind, bytes, ...context }: FrameJob): Promise<Uint8Array> {
  const kernels = await loadKernels();
  return frameCodec(kind).encode(bytes, { ...context, kernels });
}

/** Decodes one frame into `target` in this thread. Errors: `FRAME_CORRUPT`, `RECORD_UNSUPPORTED`. */
export async function decodeFrame({ kind, bytes, ...context }: FrameJob, target: Uint8Array): Promise<void> {
  const kernels = await loadKernels();
  frameCodec(kind).decode(bytes, target, { ...context, kernels });
}

/** SHA-256 of consecutive parts of `bytes`, in this thread. */
export function partDigests(bytes: Uint8Array, lengths: readonly number[]): readonly Digest[] {
  // Of many small parts most of the time would go into hash objects.
  return partsOf(bytes, lengths).map(part => hash('sha256', part, 'hex') as Digest);
}
