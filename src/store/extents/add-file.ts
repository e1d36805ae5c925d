import type { LongOperation } from '../../base/events.ts';
import type { ByteSource, CheckpointLayout } from '../../formats/checkpoint.ts';
import { digestTable } from '../manifest/digest-table.ts';
import { manifestOf } from '../manifest/manifest-of.ts';
import type { AddFileOptions, AddFileResult } from '../tensor-store.ts';
import type { AddContext } from './add-context.ts';
import { addHeld } from './add-held.ts';
import { addRun } from './add-run.ts';
import { addNew, addTwice } from './add-streamed.ts';
import { isHeld, mayBeStored } from './may-be-stored.ts';
import { type PlannedExtent, planExtents, runsOf } from './plan-extents.ts';
import type { WriteSession } from './session.ts';
import { inParallel } from './task-group.ts';

/** A file to add. */
export interface FileToAdd {
  readonly source: ByteSource;
  readonly layout: CheckpointLayout;
}

/** Hashes a file's extents and stores those that are new; the caller finishes the session. Errors: `FILE_CHANGED`. */
export async function addFile(
  { source, layout }: FileToAdd,
  options: AddFileOptions,
  session: WriteSession,
): Promise<AddFileResult> {
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
  return { manifest: manifestOf(layout, digests), ...total };
}

async function addExtents(run: readonly PlannedExtent[], context: AddContext): Promise<void> {
  context.signal?.throwIfAborted();
  const [first, second] = run;
  if (!first) return;
  if (second || first.span.length === 0) await addRun(run, context);
  else if (!(await mayBeStored(first, context))) await addNew(first, context);
  else if (isHeld(first)) await addHeld(first, context);
  else await addTwice(first, context);
}

/** Tells how much of a file of so many bytes has been hashed. */
export function progressOf({ onEvent }: LongOperation, total: number): (bytes: number) => void {
  let done = 0;
  return bytes => {
    done += bytes;
    onEvent?.({ type: 'progress', phase: 'hash', done, total, unit: 'bytes' });
  };
}
