import { dirname } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { oneAtATime } from '../../base/one-at-a-time.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Manifest, ManifestExtent } from '../manifest/manifest.ts';
import { createFileSink, type FileSink } from '../packs/file-sink.ts';
import { isPredicted } from '../packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import type { UnfinishedFiles } from '../unfinished/unfinished-files.ts';
import { chainCost } from './chain.ts';
import { BYTES_WORTH_CHECKSUMS, type CheckedFrames } from './checked-frames.ts';
import { framesUnderWay } from './engine.ts';
import { comparingWatch, FrameDiffers, type FrameWatch, isChecked, notingWatch } from './frame-watch.ts';
import { runsOf } from './plan-extents.ts';
import { type ReadContext, readExtent } from './read-extent.ts';
import { readRun } from './read-run.ts';
import { inParallel, taskGroup } from './task-group.ts';
import { checkDigest } from './verified.ts';

/** What restoring needs besides the manifest. */
export interface RestoreContext {
  readonly fs: FileSystem;
  readonly read: ReadContext;
  /** Extents that may be read at the same time. */
  readonly lanes: number;
  readonly unfinished: UnfinishedFiles;
  /** Spares the digests of what was read before. */
  readonly checked: CheckedFrames;
}

/**
 * Writes a model file: into an unfinished file, verified, made durable, then renamed; that it has its name is made durable by whoever needs
 * that. Errors: those of reading; the file at `path` is as before then.
 */
export async function restoreFile(
  { manifest, path }: { readonly manifest: Manifest; readonly path: string },
  context: RestoreContext,
  options: LongOperation,
): Promise<void> {
  const { fs, unfinished } = context;
  const folder = dirname(path);
  await fs.makeDirectory(folder);
  await unfinished.replace(path, async temporary => {
    const sink = createFileSink(() => fs.open(temporary, 'create'));
    try {
      await writeExtents(sink, manifest, { ...context, options });
      await sink.seal(manifest.size);
    } finally {
      await sink.close();
    }
  });
  await context.checked.save();
}

async function writeExtents(
  sink: FileSink,
  manifest: Manifest,
  { read, lanes, checked, options }: RestoreContext & { readonly options: LongOperation },
): Promise<void> {
  let done = 0;
  const progress = (bytes: number): void => {
    done += bytes;
    options.onEvent?.({ type: 'progress', phase: 'restore', done, total: manifest.size, unit: 'bytes' });
  };
  const useful = manifest.size < BYTES_WORTH_CHECKSUMS ? undefined : checked;
  const runs = runsOf(manifest.extents, extent => extent.length);
  // Side by side, calculated extents would take the memory of all that they are calculated from, and hardly less time.
  const calculation = oneAtATime();
  await inParallel(runs, lanes, async run => {
    read.signal?.throwIfAborted();
    const [first, second] = run;
    if (first && !second) {
      const write = (): Promise<void> => writeExtent(sink, first, { read, checked: useful, progress });
      await ((await isCalculated(first.digest, read)) ? calculation(write) : write());
    } else await writeRun(sink, run, { read, progress });
  });
}

/** Whether an extent is calculated in this thread, or from factors that are held as a whole. */
async function isCalculated(digest: Digest, { lookup }: ReadContext): Promise<boolean> {
  const kind = (await lookup(digest))?.segments[0]?.entry.kind;
  return kind === RECORD_KINDS.recipe || (kind !== undefined && isPredicted(kind));
}

interface Writing {
  readonly read: ReadContext;
  /** Undefined where digests take no time. */
  readonly checked: CheckedFrames | undefined;
  readonly progress: (bytes: number) => void;
}

/** Frames that were read before are compared with their checksums. Where one differs, the digest has the last word. */
async function writeExtent(sink: FileSink, extent: ManifestExtent, writing: Writing): Promise<void> {
  const { read, checked } = writing;
  await chainCost(extent.digest, read.lookup);
  if (checked && (await isChecked(extent.digest, read.lookup, checked)))
    if (await writeCompared(sink, extent, { ...writing, watch: comparingWatch(checked, read.engine) }))
      return;
  const watch = checked && notingWatch(checked, read.engine);
  const hasher = read.engine.hasher();
  const use = async (slice: Uint8Array): Promise<void> => {
    await Promise.all([hasher.update(slice), watch?.settled()]);
  };
  await writeSlices(sink, extent, { ...writing, read: watch ? { ...read, watch } : read, use });
  checkDigest(extent.digest, await hasher.digest());
  await watch?.confirm();
}

/** False where a frame is not what it was. */
async function writeCompared(
  sink: FileSink,
  extent: ManifestExtent,
  { read, progress, watch }: Writing & { readonly watch: FrameWatch },
): Promise<boolean> {
  let written = 0;
  const counted = (bytes: number): void => {
    written += bytes;
    progress(bytes);
  };
  try {
    await writeSlices(sink, extent, { read: { ...read, watch }, progress: counted, use: watch.settled });
    return true;
  } catch (error) {
    if (!(error instanceof FrameDiffers)) throw error;
    progress(-written);
    return false;
  }
}

async function writeSlices(
  sink: FileSink,
  extent: ManifestExtent,
  { read, progress, use }: Omit<Writing, 'checked'> & { readonly use: (slice: Uint8Array) => Promise<void> },
): Promise<void> {
  const tasks = taskGroup(framesUnderWay(read.engine));
  let position = extent.offset;
  try {
    for await (const slice of readExtent(extent.digest, undefined, read)) {
      const written = sink.write(slice, position);
      const used = use(slice).finally(() => written); // The buffer is free when both are done, whatever came of them.
      position += slice.length;
      progress(slice.length);
      await tasks.start(used.finally(() => read.buffers.release(slice)));
    }
  } finally {
    await tasks.settled();
  }
}

async function writeRun(
  sink: FileSink,
  run: readonly ManifestExtent[],
  { read, progress }: Omit<Writing, 'checked'>,
): Promise<void> {
  const length = run.reduce((total, extent) => total + extent.length, 0);
  const buffer = await read.buffers.acquire(length);
  try {
    await readRun(run, buffer, read);
    const digests = await read.engine.digests(
      buffer,
      run.map(extent => extent.length),
    );
    for (const [at, { digest }] of run.entries()) checkDigest(digest, digests[at] as Digest);
    await sink.write(buffer, run[0]?.offset ?? 0);
    progress(length);
  } finally {
    read.buffers.release(buffer);
  }
}
