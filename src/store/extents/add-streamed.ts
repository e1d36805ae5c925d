import type { Digest } from '../../base/ids.ts';
import type { AddContext } from './add-context.ts';
import type { Coding } from './coding.ts';
import { createFrameLine, type FrameLine } from './frame-line.ts';
import type { PlannedExtent } from './plan-extents.ts';
import { sampleExtent } from './sample-extent.ts';
import { visitFrames } from './source-slices.ts';
import { recordExtent } from './write-extent.ts';

/** Hashes an extent and, if it is new after all, reads it again. */
export async function addTwice(extent: PlannedExtent, context: AddContext): Promise<void> {
  const digest = await hashStreamed(extent, context);
  context.hashed(extent, digest);
  if (await context.session.claim(digest)) await store(extent, digest, context);
}

/** Writes an extent while it is hashed. */
export async function addNew(extent: PlannedExtent, context: AddContext): Promise<void> {
  const { session } = context;
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
    await visitFrames(extent, context, bytes => line.push(bytes, hasher));
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
