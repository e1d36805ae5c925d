import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { type Prediction, predict } from '../../tensor/prediction.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { PlacedFrame } from '../packs/pack-writer.ts';
import { bytesOf } from '../packs/prediction-parameters.ts';
import type { PredictedTensor } from '../tensor-store.ts';
import { chainCost, extentMissing } from './chain.ts';
import type { Coding } from './coding.ts';
import { exactReader } from './exact-reader.ts';
import { predictionOf, storePredictedCoding } from './predicted-coding.ts';
import { readExtent } from './read-extent.ts';
import type { WriteSession } from './session.ts';
import { recordExtent } from './write-extent.ts';

/** A frame that is exactly as predicted. */
const AS_PREDICTED = Uint8Array.of(0);

interface Adding extends Pick<LongOperation, 'signal'> {
  readonly session: WriteSession;
  /** Stores the bytes themselves, where a record would break the bounds of the format. */
  readonly addBytes: (bytes: AsyncIterable<Uint8Array>, length: number) => Promise<Digest>;
}

/**
 * Computes a tensor from a stored one and factors, and records how: the factors, and one byte for each frame. Where the format's
 * bounds forbid that, the bytes themselves are stored. Errors: those of reading the base.
 */
export async function addPredicted(tensor: PredictedTensor, adding: Adding): Promise<Digest> {
  const { session } = adding;
  if (!(await session.keeps(tensor.base))) throw extentMissing(tensor.base);
  await chainCost(tensor.base, session.lookup);
  const length = (await session.lookup(tensor.base))?.length;
  if (length === undefined) throw extentMissing(tensor.base);
  const prediction = await predictionOf(tensor);
  const slices = predictedSlices({ tensor, prediction, length }, adding);
  const coding = await storePredictedCoding({ tensor, prediction }, length, session);
  return coding ? recordSlices(slices, { coding, length }, session) : adding.addBytes(slices, length);
}

async function recordSlices(
  slices: AsyncIterable<Uint8Array>,
  { coding, length }: { readonly coding: Coding; readonly length: number },
  session: WriteSession,
): Promise<Digest> {
  const hasher = session.engine.hasher();
  const frames: PlacedFrame[] = [];
  for await (const slice of slices) {
    const { frame, written } = session.packs.place(AS_PREDICTED, slice.length);
    frames.push(frame);
    await Promise.all([written, hasher.update(slice)]);
  }
  const digest = await hasher.digest();
  if (await session.claim(digest)) recordExtent({ digest, length, coding, frames }, session);
  else session.packs.release(frames);
  return digest;
}

/** The predicted bytes, in frames. */
async function* predictedSlices(
  {
    tensor,
    prediction,
    length,
  }: { readonly tensor: PredictedTensor; readonly prediction: Prediction; readonly length: number },
  { session, signal }: Adding,
): AsyncGenerator<Uint8Array> {
  const kernels = await loadKernels();
  const context = session.readContext(signal);
  const reader = exactReader(readExtent(tensor.base, undefined, context), context.buffers);
  try {
    for (let at = 0; at < length; at += FRAME_BYTES) {
      const base = await reader.take(Math.min(FRAME_BYTES, length - at));
      yield predict(base, { prediction, start: at / bytesOf(tensor.dtype) }, kernels);
      context.buffers.release(base);
    }
  } finally {
    await reader.close();
  }
}
