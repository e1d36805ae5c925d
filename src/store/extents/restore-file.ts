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
import { framesUnderWay } from './engine.ts';
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
    const opened = await fs.open(temporary, 'create');
    const sink = createFileSink(async () => opened);
    try {
      await writeExtents(sink, manifest, { ...context, options });
      await sink.seal(manifest.size);
    } finally {
      await sink.close();
    }
  });
}

async function writeExtents(
  sink: FileSink,
  manifest: Manifest,
  { read, lanes, options }: RestoreContext & { readonly options: LongOperation },
): Promise<void> {
  let done = 0;
  const progress = (bytes: number): void => {
    done += bytes;
    options.onEvent?.({ type: 'progress', phase: 'restore', done, total: manifest.size, unit: 'bytes' });
  };
  const runs = runsOf(manifest.extents, extent => extent.length);
  // Side by side, calculated extents would take the memory of all that they are calculated from, and hardly less time.
  const calculation = oneAtATime();
  await inParallel(runs, lanes, async run => {
    read.signal?.throwIfAborted();
    const [first, second] = run;
    if (first && !second) {
      const write = (): Promise<void> => writeExtent(sink, first, { read, progress });
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
  readonly progress: (bytes: number) => void;
}

async function writeExtent(
  sink: FileSink,
  extent: ManifestExtent,
  { read, progress }: Writing,
): Promise<void> {
  const { digest } = extent;
  await chainCost(digest, read.lookup);
  const hasher = read.engine.hasher();
  const tasks = taskGroup(framesUnderWay(read.engine));
  let position = extent.offset;
  try {
    for await (const slice of readExtent(digest, undefined, read)) {
      const used = Promise.all([hasher.update(slice), sink.write(slice, position)]);
      position += slice.length;
      progress(slice.length);
      await tasks.start(used.finally(() => read.buffers.release(slice)));
    }
  } finally {
    await tasks.settled();
  }
  checkDigest(digest, await hasher.digest());
}

async function writeRun(
  sink: FileSink,
  run: readonly ManifestExtent[],
  { read, progress }: Writing,
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
