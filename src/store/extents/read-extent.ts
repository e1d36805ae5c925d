import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { CHAIN_LIMITS, FRAME_BYTES } from '../packs/limits.ts';
import { fillFrom } from '../packs/open-pack.ts';
import type { PackFrame } from '../packs/pack-index.ts';
import { type EvaluateRecipe, RECORD_KINDS } from '../packs/records.ts';
import type { BufferLoans } from './buffer-loans.ts';
import type { BufferPool } from './buffer-pool.ts';
import { extentMissing } from './chain.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { Engine } from './engine.ts';
import type { FrameWatch } from './frame-watch.ts';
import type { PackLookup } from './local-packs.ts';
import type { LocatedSegment } from './locate.ts';
import { readCoded } from './read-coded.ts';
import { readRecipe } from './read-recipe.ts';

/** What reading needs. */
export interface ReadContext {
  readonly lookup: PackLookup;
  readonly engine: Engine;
  /** Where the slices lie; whoever reads gives them back. */
  readonly buffers: BufferPool;
  /** For the extents that others are coded against. */
  readonly baseBuffers: BufferPool;
  /** For the inputs of recipes. */
  readonly loans: BufferLoans;
  /** Frames to decode ahead of the reader. */
  readonly ahead: number;
  readonly evaluateRecipe: EvaluateRecipe;
  readonly signal: AbortSignal | undefined;
  /** Records between the extent that was asked for and this one. */
  readonly depth: number;
  /** Who looks at the frames, but for those larger than ours. */
  readonly watch?: FrameWatch;
}

/** A part of an extent, in bytes. */
export interface ExtentRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The bytes of part of an extent, in order, in slices of at most a frame; not verified. Errors: `EXTENT_MISSING`,
 * `EXTENT_CORRUPT`, `PACK_CORRUPT`, `RECORD_TOO_DEEP`, `RECORD_UNSUPPORTED`, `RANGE_INVALID`.
 */
export async function* readExtent(
  digest: Digest,
  range: ExtentRange | undefined,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const record = await findExtent(digest, context);
  const { offset, length } = range ?? { offset: 0, length: record.length };
  if (offset < 0 || length < 0 || !(offset + length <= record.length))
    throw new MgitError(
      'RANGE_INVALID',
      `${offset}+${length} is outside an extent of ${record.length} bytes`,
    );
  if (context.depth > CHAIN_LIMITS.depth)
    throw new MgitError('RECORD_TOO_DEEP', `the chain of ${digest} is too long`);
  for (const segment of record.segments) {
    const from = Math.max(segment.from, offset);
    const to = Math.min(segment.to, offset + length);
    if (from < to) yield* readSegment(segment, { offset: from, length: to - from }, context);
  }
}

async function findExtent(
  digest: Digest,
  context: ReadContext,
): Promise<{ readonly length: number; readonly segments: readonly LocatedSegment[] }> {
  if (digest === EMPTY_DIGEST) return { length: 0, segments: [] };
  const record = await context.lookup(digest);
  if (!record) throw extentMissing(digest);
  return record;
}

function readSegment(
  segment: LocatedSegment,
  range: ExtentRange,
  context: ReadContext,
): AsyncIterable<Uint8Array> {
  if (segment.entry.kind === RECORD_KINDS.recipe) return readRecipe(segment.entry, range, context);
  if (segment.entry.kind === RECORD_KINDS.raw) return readRaw(segment, range, context);
  return readCoded(segment, range, context);
}

async function* readRaw(
  segment: LocatedSegment,
  range: ExtentRange,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const { file, id } = segment.pack;
  for (const place of framesWithin(segment, range)) {
    const { frame, start } = place;
    context.signal?.throwIfAborted();
    if (frame.storedLength !== frame.rawLength)
      throw extentCorrupt(segment, 'a raw frame has another length than its bytes');
    const from = Math.max(range.offset, start);
    const to = Math.min(range.offset + range.length, start + frame.rawLength);
    if (context.watch && frame.rawLength <= FRAME_BYTES) {
      const bytes = await watchedFrame(segment, place, context);
      yield bytes.subarray(from - start, to - start);
    } else
      for (let at = from; at < to; at += FRAME_BYTES) {
        const length = Math.min(FRAME_BYTES, to - at);
        const bytes = await context.buffers.acquire(length);
        try {
          await fillFrom(file, bytes, { offset: frame.offset + at - start, name: id });
        } catch (error) {
          context.buffers.release(bytes);
          throw error;
        }
        yield bytes;
      }
  }
}

/** The whole of a raw frame. Whoever asked for it waits for the watch; what is calculated from it does not. */
async function watchedFrame(
  { pack }: LocatedSegment,
  { frame, number }: FramePlace,
  { buffers, watch, depth }: ReadContext,
): Promise<Uint8Array> {
  const bytes = await buffers.acquire(frame.rawLength);
  try {
    await fillFrom(pack.file, bytes, { offset: frame.offset, name: pack.id });
    const looked = watch?.look(pack, number, bytes);
    if (depth > 0) await looked;
    else looked?.catch(() => {}); // Seen when the watch has settled.
    return bytes;
  } catch (error) {
    buffers.release(bytes);
    throw error;
  }
}

/** A frame, its place in the pack's table, and where it begins in the extent. */
export interface FramePlace {
  readonly frame: PackFrame;
  readonly number: number;
  readonly start: number;
}

/** The frames that a range touches, with where each begins in the extent. */
export function* framesWithin({ pack, entry }: LocatedSegment, range: ExtentRange): Generator<FramePlace> {
  let start = entry.segmentStart;
  let number = entry.firstFrame;
  for (const frame of pack.index.framesOf(entry)) {
    const isWithin = start + frame.rawLength > range.offset && start < range.offset + range.length;
    if (isWithin) yield { frame, number, start };
    start += frame.rawLength;
    number++;
  }
}

/** The error of a record whose frames do not give its bytes. */
export function extentCorrupt({ entry, pack }: LocatedSegment, problem: string, cause?: unknown): MgitError {
  return new MgitError('EXTENT_CORRUPT', `the data ${entry.digest.slice(0, 12)} is damaged: ${problem}`, {
    hint: `Run "mgit fsck"; then delete pack ${pack.id} and fetch it again.`,
    details: { digest: entry.digest, pack: pack.id },
    ...(cause === undefined ? {} : { cause }),
  });
}
