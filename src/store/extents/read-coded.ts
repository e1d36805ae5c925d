import { isMgitError } from '../../base/errors.ts';
import type { Prediction } from '../../tensor/prediction.ts';
import type { FramesBeneath } from '../packs/codecs/codec.ts';
import { frameCodec } from '../packs/codecs/registry.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import { fillFrom } from '../packs/open-pack.ts';
import { FLAG_ROTATED } from '../packs/pack-index.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { freshBuffers } from './buffer-pool.ts';
import { type ExactReader, exactReader } from './exact-reader.ts';
import { framesBeneath, type LayerFrame, storedBytes } from './frames-beneath.ts';
import { loadPrediction } from './load-prediction.ts';
import type { LocatedSegment } from './locate.ts';
import {
  type ExtentRange,
  extentCorrupt,
  type FramePlace,
  framesWithin,
  type ReadContext,
  readExtent,
} from './read-extent.ts';
import { baseOf } from './references.ts';

/** Part of an extent whose frames are coded. */
export async function* readCoded(
  segment: LocatedSegment,
  range: ExtentRange,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const places = [...framesWithin(segment, range)];
  let position = places[0]?.start ?? 0;
  for await (const bytes of decodeFrames(segment, places, context)) {
    const from = Math.max(0, range.offset - position);
    const to = Math.min(bytes.length, range.offset + range.length - position);
    position += bytes.length; // Before the reader has them, and may free them.
    if (to - from <= FRAME_BYTES) yield bytes.subarray(from, to);
    else yield* copies(bytes.subarray(from, to));
  }
}

/** Pieces of a frame that is larger than ours, each in memory of its own. */
function* copies(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += FRAME_BYTES) yield bytes.slice(at, at + FRAME_BYTES);
}

/** A frame that is being decoded. */
type DecodeJob = Promise<Uint8Array>;

/**
 * Decodes frames in order, as many ahead as the context allows. Buffers are acquired in order too: the frame that is waited for
 * has its buffer first, so that readers which share a pool never wait for each other.
 */
async function* decodeFrames(
  segment: LocatedSegment,
  places: readonly FramePlace[],
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const { kind } = segment.entry;
  const beneath = kind === RECORD_KINDS.xor ? await framesBeneath(segment, places, context) : undefined;
  const base = frameCodec(kind).needsBase && !beneath ? readBase(segment, places, context) : undefined;
  const prediction = await loadPrediction(segment.entry, context);
  const jobs: DecodeJob[] = [];
  const finished = async (job: DecodeJob): Promise<Uint8Array> => {
    const bytes = await job;
    jobs.shift();
    return bytes;
  };
  try {
    for (const [at, place] of places.entries()) {
      context.signal?.throwIfAborted();
      const below = beneath?.[at];
      const against = below
        ? await context.baseBuffers.acquire(storedBytes(below))
        : await base?.take(place.frame.rawLength);
      const target = await context.buffers.acquire(place.frame.rawLength);
      const frame = { ...place, segment };
      const job = decode({ frame, below, base: against, prediction, target }, context);
      job.catch(() => {}); // Reported when its turn comes.
      jobs.push(job);
      if (jobs[0] && jobs.length > context.ahead) yield await finished(jobs[0]);
    }
    while (jobs[0]) yield await finished(jobs[0]);
  } finally {
    await base?.close();
    for (const job of await Promise.allSettled(jobs))
      if (job.status === 'fulfilled') context.buffers.release(job.value);
  }
}

/** The bytes that the frames were coded against, in order. */
function readBase(
  { entry }: LocatedSegment,
  places: readonly FramePlace[],
  context: ReadContext,
): ExactReader {
  const { baseBuffers } = context;
  const offset = places[0]?.start ?? 0;
  const length = places.reduce((total, { frame }) => total + frame.rawLength, 0);
  const below = {
    ...context,
    buffers: baseBuffers,
    baseBuffers: freshBuffers,
    ahead: Math.ceil(context.ahead / 2), // The levels of a chain are decoded side by side, so that each needs less.
    depth: context.depth + 1,
  };
  return exactReader(readExtent(baseOf(entry), { offset, length }, below), baseBuffers);
}

interface FrameToDecode {
  readonly frame: LayerFrame;
  readonly below: readonly LayerFrame[] | undefined;
  /** What the frame is coded against or, where frames beneath it are decoded with it, room for these. */
  readonly base: Uint8Array | undefined;
  readonly prediction: Prediction | undefined;
  readonly target: Uint8Array;
}

async function decode(
  { frame: top, below, base, prediction, target }: FrameToDecode,
  context: ReadContext,
): Promise<Uint8Array> {
  const { entry } = top.segment;
  const elements = { elementSize: entry.elementSize, rotate: (entry.flags & FLAG_ROTATED) !== 0 };
  try {
    const bytes = placeIn(target, top.frame.storedLength);
    await readStored(top, bytes, context);
    const beneath = base && below && (await readBeneath(below, base, context));
    const predicted = prediction && { prediction, offset: top.start };
    const job = { kind: entry.kind, elements, bytes, beneath, prediction: predicted };
    return await context.engine.decode({ ...job, base: beneath ? undefined : base }, target);
  } catch (error) {
    context.buffers.release(target);
    if (!isMgitError(error, 'FRAME_CORRUPT')) throw error;
    const layer = Number(error.details?.layer ?? 0);
    throw extentCorrupt((below?.[layer - 1] ?? top).segment, error.message, error);
  } finally {
    if (base) context.baseBuffers.release(base);
  }
}

/** Reads the stored bytes of frames, one after the other, into `room`, which is as long as {@link storedBytes}. */
export async function readBeneath(
  frames: readonly LayerFrame[],
  room: Uint8Array,
  context: ReadContext,
): Promise<FramesBeneath> {
  let at = 0;
  for (const layer of frames) {
    const { storedLength } = layer.frame;
    await readStored(layer, room.subarray(at, at + storedLength), context);
    at += storedLength;
  }
  return { bytes: room, lengths: frames.map(({ frame }) => frame.storedLength) };
}

async function readStored(
  { segment, frame, number }: LayerFrame,
  bytes: Uint8Array,
  { watch }: ReadContext,
): Promise<void> {
  await fillFrom(segment.pack.file, bytes, { offset: frame.offset, name: segment.pack.id });
  await watch?.look(segment.pack, number, bytes);
}

/** Memory for a frame's stored bytes: the end of what they are decoded into, unless they are longer. */
function placeIn(target: Uint8Array, length: number): Uint8Array {
  return length <= target.length ? target.subarray(target.length - length) : Buffer.allocUnsafeSlow(length);
}
