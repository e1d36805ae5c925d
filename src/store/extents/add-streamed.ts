import type { Digest } from '../../base/ids.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { AddContext } from './add-context.ts';
import type { Coding } from './coding.ts';
import { createFrameLine, type FrameLine } from './frame-line.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { readStored, sampleExtent } from './sample-extent.ts';
import { visitFrames } from './source-slices.ts';
import { recordExtent } from './write-extent.ts';

/** Bytes that tell whether two extents of equal length begin alike. */
const BEGINNING = 4096;

/**
 * Adds an extent that is too long to hold. One that is surely new is written while it is hashed; one that may be stored is hashed
 * first and, if it is new after all, read again.
 */
export async function addStreamed(extent: PlannedExtent, context: AddContext): Promise<void> {
  const { session } = context;
  if (await mayBeStored(extent, context)) {
    const digest = await hashStreamed(extent, context);
    context.hashed(extent, digest);
    if (await session.claim(digest)) await store(extent, digest, context);
    return;
  }
  const { digest, line, coding } = await writeWhileHashing(extent, context);
  context.hashed(extent, digest);
  if (await session.claim(digest)) recordLine({ extent, digest, line, coding }, context);
  else session.packs.release(line.frames);
}

/** The digest of an extent of any length, in bounded memory. */
export async function hashStreamed(
  extent: Pick<PlannedExtent, 'span'>,
  context: Pick<AddContext, 'source' | 'signal' | 'session'>,
): Promise<Digest> {
  const hasher = context.session.engine.hasher();
  await visitFrames(extent, context, bytes => hasher.update(bytes));
  return hasher.digest();
}

/** A guess: wrong either way costs time only. */
async function mayBeStored(
  extent: PlannedExtent,
  { source, session, beginnings }: AddContext,
): Promise<boolean> {
  const { span, base } = extent;
  const beginning = await source.read(span.offset, Math.min(BEGINNING, span.length));
  const key = `${span.length} ${Buffer.from(beginning).toString('latin1')}`;
  const isRepeated = beginnings.has(key);
  beginnings.add(key);
  if (isRepeated) return true;
  if (!(await session.hasLength(span.length))) return false;
  if (base === undefined || !(await session.lookup(base))) return true;
  const before = await readStored(base, { offset: 0, length: beginning.length }, session);
  return Buffer.compare(before, beginning) === 0;
}

async function store(extent: PlannedExtent, digest: Digest, context: AddContext): Promise<void> {
  const coding = await codingOf(extent, context);
  const line = createFrameLine(coding, context.session);
  try {
    await visitFrames(extent, context, bytes => line.push(bytes));
  } finally {
    await line.close();
  }
  recordLine({ extent, digest, line, coding }, context);
}

interface Line {
  readonly extent: PlannedExtent;
  readonly digest: Digest;
  readonly line: FrameLine;
  readonly coding: Coding;
}

async function writeWhileHashing(extent: PlannedExtent, context: AddContext): Promise<Line> {
  const { session } = context;
  const coding = await codingOf(extent, context);
  const line = createFrameLine(coding, session);
  const hasher = session.engine.hasher();
  try {
    await visitFrames(extent, context, bytes => Promise.all([hasher.update(bytes), line.push(bytes)]));
  } finally {
    await line.close();
  }
  return { extent, digest: await hasher.digest(), line, coding };
}

function recordLine({ extent, digest, line, coding }: Line, { session, stored }: AddContext): void {
  const { length } = extent.span;
  stored(recordExtent({ digest, length, coding, frames: line.frames }, session));
}

function codingOf(extent: PlannedExtent, { source, session, policy }: AddContext): Promise<Coding> {
  return sampleExtent(
    { extent, policy },
    ({ offset, length }) => source.read(extent.span.offset + offset, length),
    session,
  );
}

/** Bytes up to which an extent is held rather than streamed. */
export function isHeld({ span }: PlannedExtent, heldBuffers: number): boolean {
  return span.length <= heldBuffers * FRAME_BYTES;
}
