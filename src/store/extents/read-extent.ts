import { isMgitError, MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { frameCodec } from '../packs/codecs/registry.ts';
import { CHAIN_LIMITS, FRAME_BYTES } from '../packs/limits.ts';
import { fillFrom, readExactly } from '../packs/open-pack.ts';
import { FLAG_ROTATED, type PackFrame } from '../packs/pack-index.ts';
import { type EvaluateRecipe, RECORD_KINDS } from '../packs/records.ts';
import { type BufferPool, freshBuffers } from './buffer-pool.ts';
import { extentMissing } from './chain.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { Engine } from './engine.ts';
import { type ExactReader, exactReader } from './exact-reader.ts';
import type { PackLookup } from './local-packs.ts';
import type { LocatedSegment } from './locate.ts';
import { readRecipe } from './read-recipe.ts';
import { baseOf } from './references.ts';

/** What reading needs. */
export interface ReadContext {
  readonly lookup: PackLookup;
  readonly engine: Engine;
  /** Where the slices lie; whoever reads gives them back. */
  readonly buffers: BufferPool;
  readonly evaluateRecipe: EvaluateRecipe;
  readonly signal: AbortSignal | undefined;
  /** Records between the extent that was asked for and this one. */
  readonly depth: number;
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
  for (const { frame, start } of framesWithin(segment, range)) {
    context.signal?.throwIfAborted();
    if (frame.storedLength !== frame.rawLength)
      throw corrupt(segment, 'a raw frame has another length than its bytes');
    const from = Math.max(range.offset, start);
    const to = Math.min(range.offset + range.length, start + frame.rawLength);
    for (let at = from; at < to; at += FRAME_BYTES) {
      const length = Math.min(FRAME_BYTES, to - at);
      const bytes = await context.buffers.acquire(length);
      await fillFrom(file, bytes, { offset: frame.offset + at - start, name: id });
      yield bytes;
    }
  }
}

async function* readCoded(
  segment: LocatedSegment,
  range: ExtentRange,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const places = [...framesWithin(segment, range)];
  let position = places[0]?.start ?? 0;
  for await (const bytes of decodeFrames(segment, places, context)) {
    const from = Math.max(0, range.offset - position);
    const to = Math.min(bytes.length, range.offset + range.length - position);
    for (let at = from; at < to; at += FRAME_BYTES) yield bytes.subarray(at, Math.min(at + FRAME_BYTES, to));
    position += bytes.length;
  }
}

/** Decodes frames in order, as many ahead as the engine has room for. */
async function* decodeFrames(
  segment: LocatedSegment,
  places: readonly FramePlace[],
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const base = frameCodec(segment.entry.kind).needsBase ? readBase(segment, places, context) : undefined;
  const jobs: Promise<Uint8Array>[] = [];
  try {
    for (const { frame } of places) {
      context.signal?.throwIfAborted();
      const against = await base?.take(frame.rawLength);
      const job = decode(segment, { frame, base: against }, context);
      job.catch(() => {}); // Reported when its turn comes.
      jobs.push(job);
      if (jobs.length > context.engine.width) yield await (jobs.shift() as Promise<Uint8Array>);
    }
    for (const job of jobs) yield await job;
  } finally {
    await base?.close();
  }
}

/** The bytes that the frames were coded against, in order. */
function readBase(
  { entry }: LocatedSegment,
  places: readonly FramePlace[],
  context: ReadContext,
): ExactReader {
  const offset = places[0]?.start ?? 0;
  const length = places.reduce((total, { frame }) => total + frame.rawLength, 0);
  return exactReader(
    readExtent(
      baseOf(entry),
      { offset, length },
      { ...context, buffers: freshBuffers, depth: context.depth + 1 },
    ),
  );
}

async function decode(
  segment: LocatedSegment,
  { frame, base }: { readonly frame: PackFrame; readonly base: Uint8Array | undefined },
  context: ReadContext,
): Promise<Uint8Array> {
  const { entry, pack } = segment;
  const bytes = await readExactly(pack.file, {
    offset: frame.offset,
    length: frame.storedLength,
    name: pack.id,
  });
  const target = await context.buffers.acquire(frame.rawLength);
  const elements = { elementSize: entry.elementSize, rotate: (entry.flags & FLAG_ROTATED) !== 0 };
  try {
    await context.engine.decode({ kind: entry.kind, elements, bytes, base }, target);
    return target;
  } catch (error) {
    if (isMgitError(error, 'FRAME_CORRUPT')) throw corrupt(segment, error.message, error);
    throw error;
  }
}

/** A frame, and where it begins in the extent. */
interface FramePlace {
  readonly frame: PackFrame;
  readonly start: number;
}

/** The frames that a range touches, with where each begins in the extent. */
function* framesWithin({ pack, entry }: LocatedSegment, range: ExtentRange): Generator<FramePlace> {
  let start = entry.segmentStart;
  for (const frame of pack.index.framesOf(entry)) {
    if (start + frame.rawLength > range.offset && start < range.offset + range.length) yield { frame, start };
    start += frame.rawLength;
  }
}

function corrupt({ entry, pack }: LocatedSegment, problem: string, cause?: unknown): MgitError {
  return new MgitError('EXTENT_CORRUPT', `the data ${entry.digest.slice(0, 12)} is damaged: ${problem}`, {
    hint: `Run "mgit fsck"; then delete pack ${pack.id} and fetch it again.`,
    details: { digest: entry.digest, pack: pack.id },
    ...(cause === undefined ? {} : { cause }),
  });
}
