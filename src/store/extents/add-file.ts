import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { ByteSource, CheckpointLayout } from '../../formats/checkpoint.ts';
import { isToldBySkeleton } from '../../formats/registry.ts';
import { type DigestTable, digestTable } from '../manifest/digest-table.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { manifestOf } from '../manifest/manifest-of.ts';
import type { AddFileOptions, AddFileResult } from '../tensor-store.ts';
import type { AddContext } from './add-context.ts';
import { addHeld } from './add-held.ts';
import { addRun } from './add-run.ts';
import { addStreamed, isHeld } from './add-streamed.ts';
import { type PlannedExtent, planExtents, runsOf } from './plan-extents.ts';
import type { WriteSession } from './session.ts';
import { visitFrames } from './source-slices.ts';
import { inParallel } from './task-group.ts';
import { HELD_BUFFERS } from './work-force.ts';

/** A file to add. */
export interface FileToAdd {
  readonly source: ByteSource;
  readonly layout: CheckpointLayout;
}

/** Hashes a file's extents and stores those that are new; the caller finishes the session. Errors: `FILE_CHANGED`. */
export async function addFile(
  file: FileToAdd,
  options: AddFileOptions,
  session: WriteSession,
): Promise<AddFileResult> {
  const { digests, ...added } = await addAll(file, options, session);
  return { manifest: manifestOf(file.layout, digests), ...added };
}

/** The manifest of a file, without storing anything. Errors: `FILE_CHANGED`. */
export async function hashFile(
  file: FileToAdd,
  options: LongOperation,
  session: WriteSession,
): Promise<Manifest> {
  return manifestOf(file.layout, await hashAll(file, options, session));
}

/**
 * The manifest of a file that has the skeleton of a former version, and so its layout: no header is read, and nothing is named anew. Undefined
 * where it has not. Errors: `FILE_CHANGED`.
 */
export async function hashAgain(
  { source, former }: { readonly source: ByteSource; readonly former: Manifest },
  options: LongOperation,
  session: WriteSession,
): Promise<Manifest | undefined> {
  const { format, size, skeleton, extents } = former;
  if (source.size !== size || skeleton.length === 0 || !isToldBySkeleton(format)) return undefined;
  for (const { offset, length, digest } of skeleton)
    if ((await hashSpan(source, { offset, length }, session)) !== digest) return undefined;
  const layout = { format, size, extents, tensors: [] };
  return former.withDigests(await hashAll({ source, layout }, options, session));
}

async function hashSpan(
  source: ByteSource,
  span: { readonly offset: number; readonly length: number },
  session: WriteSession,
): Promise<Digest> {
  const hasher = session.engine.hasher();
  await visitFrames({ span }, { source, session, signal: undefined }, bytes => hasher.update(bytes));
  return hasher.digest();
}

async function hashAll(file: FileToAdd, options: LongOperation, session: WriteSession): Promise<DigestTable> {
  const nothingIsNew: WriteSession = { ...session, claim: async () => false, hasLength: async () => true };
  return (await addAll(file, options, nothingIsNew)).digests;
}

type Added = Omit<AddFileResult, 'manifest'> & { readonly digests: DigestTable };

async function addAll(
  { source, layout }: FileToAdd,
  options: AddFileOptions,
  session: WriteSession,
): Promise<Added> {
  const digests = digestTable(layout.extents.length);
  const total = { newExtents: 0, newBytes: 0, storedBytes: 0 };
  const progress = progressOf(options, layout.size);
  const context: AddContext = {
    source,
    session,
    policy: options.coding ?? 'auto',
    signal: options.signal,
    beginnings: new Set(),
    hashed: ({ position, span }, digest) => {
      digests.set(position, digest);
      progress(span.length);
    },
    stored: added => {
      total.newExtents += added.newExtents;
      total.newBytes += added.newBytes;
      total.storedBytes += added.storedBytes;
    },
  };
  const runs = runsOf(planExtents(layout, options.base), ({ span }) => span.length);
  await inParallel(runs, session.lanes, run => addExtents(run, context));
  await source.checkUnchanged?.();
  return { digests, ...total };
}

async function addExtents(run: readonly PlannedExtent[], context: AddContext): Promise<void> {
  context.signal?.throwIfAborted();
  const [first, second] = run;
  if (!first) return;
  if (second || first.span.length === 0) await addRun(run, context);
  else if (isHeld(first, HELD_BUFFERS)) await addHeld(first, context);
  else await addStreamed(first, context);
}

function progressOf({ onEvent }: LongOperation, total: number): (bytes: number) => void {
  let done = 0;
  return bytes => {
    done += bytes;
    onEvent?.({ type: 'progress', phase: 'hash', done, total, unit: 'bytes' });
  };
}
