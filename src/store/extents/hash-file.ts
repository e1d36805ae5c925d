import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { Table } from '../../base/table.ts';
import type { ByteSource, ExtentSpan } from '../../formats/checkpoint.ts';
import { isToldBySkeleton } from '../../formats/registry.ts';
import { type DigestTable, digestTable } from '../manifest/digest-table.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { manifestOf } from '../manifest/manifest-of.ts';
import { type FileToAdd, progressOf } from './add-file.ts';
import { hashStreamed } from './add-streamed.ts';
import { runsOf } from './plan-extents.ts';
import type { WriteSession } from './session.ts';
import { readBuffer } from './source-slices.ts';
import { inParallel } from './task-group.ts';

/** The manifest of a file, without storing anything. Errors: `FILE_CHANGED`. */
export async function hashFile(
  { source, layout }: FileToAdd,
  options: LongOperation,
  session: WriteSession,
): Promise<Manifest> {
  const digests = await hashExtents({ source, extents: layout.extents }, options, session);
  return manifestOf(layout, digests);
}

/**
 * The manifest of a file that has the skeleton of a former version, and so its layout: no header is read, and no line is made anew. Undefined
 * where it has not. Errors: `FILE_CHANGED`.
 */
export async function hashAgain(
  { source, former }: { readonly source: ByteSource; readonly former: Manifest },
  options: LongOperation,
  session: WriteSession,
): Promise<Manifest | undefined> {
  const { format, size, skeleton, extents } = former;
  if (source.size !== size || skeleton.length === 0 || !isToldBySkeleton(format)) return undefined;
  for (const span of skeleton)
    if ((await hashStreamed({ span }, { source, session, signal: options.signal })) !== span.digest)
      return undefined;
  return former.withDigests(await hashExtents({ source, extents }, options, session));
}

interface FileExtents {
  readonly source: ByteSource;
  readonly extents: Table<ExtentSpan>;
}

interface PlacedSpan {
  readonly position: number;
  readonly span: ExtentSpan;
}

async function hashExtents(
  { source, extents }: FileExtents,
  options: LongOperation,
  session: WriteSession,
): Promise<DigestTable> {
  const digests = digestTable(extents.length);
  const progress = progressOf(options, source.size);
  const runs = runsOf(placed(extents), ({ span }) => span.length);
  await inParallel(runs, session.lanes, async run => {
    options.signal?.throwIfAborted();
    const found = await hashRun(run, { source, session, signal: options.signal });
    for (const [at, { position }] of run.entries()) digests.set(position, found[at] as Digest);
    progress(run.reduce((total, { span }) => total + span.length, 0));
  });
  await source.checkUnchanged?.();
  return digests;
}

function* placed(extents: Table<ExtentSpan>): Generator<PlacedSpan, void, undefined> {
  let position = 0;
  for (const span of extents) yield { position: position++, span };
}

/** The digests of extents that follow each other in a file; many are read at once. */
async function hashRun(
  run: readonly PlacedSpan[],
  context: Parameters<typeof hashStreamed>[1],
): Promise<readonly Digest[]> {
  const { source, session } = context;
  const [first, second] = run;
  if (first && !second) return [await hashStreamed(first, context)];
  const lengths = run.map(({ span }) => span.length);
  const length = lengths.reduce((total, each) => total + each, 0);
  const buffer = await readBuffer(source, { offset: first?.span.offset ?? 0, length }, session.buffers);
  try {
    return await session.engine.digests(buffer, lengths);
  } finally {
    session.buffers.release(buffer);
  }
}
