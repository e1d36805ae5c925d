import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { ByteSource, CheckpointLayout } from '../../formats/checkpoint.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { manifestOf } from '../manifest/manifest-of.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { AddFileOptions, AddFileResult } from '../tensor-store.ts';
import { RAW_CODING } from './coding.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { Engine } from './engine.ts';
import { exactReader } from './exact-reader.ts';
import { type PlannedExtent, planExtents } from './plan-extents.ts';
import { sampleFile } from './sample-file.ts';
import type { WriteSession } from './session.ts';
import { addWritten, storedBytes, writeFrames } from './write-extent.ts';

/** Hashes a file's extents and stores those that are new; the caller finishes the session. Errors: `FILE_CHANGED`. */
export async function addFile(
  { source, layout }: { readonly source: ByteSource; readonly layout: CheckpointLayout },
  options: AddFileOptions,
  session: WriteSession,
): Promise<AddFileResult> {
  const digests: Digest[] = [];
  const added = { newExtents: 0, newBytes: 0, storedBytes: 0 };
  for (const planned of planExtents(layout, options.base)) {
    options.signal?.throwIfAborted();
    const digest = await hashSpan(source, planned, session.engine);
    digests.push(digest);
    if (!(await session.has(digest))) {
      const coding = options.coding === 'raw' ? RAW_CODING : await sampleFile(source, planned, session);
      const reader = exactReader(slicesOf(source, planned));
      const written = await writeFrames(reader, { length: planned.span.length, coding }, session);
      if (await addWritten(digest, written, session)) {
        added.newExtents++;
        added.newBytes += planned.span.length;
        added.storedBytes += storedBytes(written);
      }
    }
    report(options, planned.span.offset + planned.span.length, layout.size);
  }
  await source.checkUnchanged?.();
  return { manifest: manifestOf(layout, digests), ...added };
}

/** The manifest of a file, without storing anything. Errors: `FILE_CHANGED`. */
export async function hashFile(
  { source, layout }: { readonly source: ByteSource; readonly layout: CheckpointLayout },
  options: LongOperation,
  engine: Engine,
): Promise<Manifest> {
  const digests: Digest[] = [];
  for (const planned of planExtents(layout, undefined)) {
    options.signal?.throwIfAborted();
    digests.push(await hashSpan(source, planned, engine));
    report(options, planned.span.offset + planned.span.length, layout.size);
  }
  await source.checkUnchanged?.();
  return manifestOf(layout, digests);
}

async function hashSpan(source: ByteSource, planned: PlannedExtent, engine: Engine): Promise<Digest> {
  if (planned.span.length === 0) return EMPTY_DIGEST;
  const hasher = engine.hasher();
  for await (const slice of slicesOf(source, planned)) await hasher.update(slice);
  return hasher.digest();
}

async function* slicesOf(source: ByteSource, { span }: PlannedExtent): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < span.length; at += FRAME_BYTES)
    yield await source.read(span.offset + at, Math.min(FRAME_BYTES, span.length - at));
}

function report({ onEvent }: LongOperation, done: number, total: number): void {
  onEvent?.({ type: 'progress', phase: 'hash', done, total, unit: 'bytes' });
}
