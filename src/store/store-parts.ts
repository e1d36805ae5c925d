import { join } from 'node:path';
import type { PackId } from '../base/ids.ts';
import type { Ports } from '../base/ports/ports.ts';
import { freshBuffers } from './extents/buffer-pool.ts';
import { BYTES_WORTH_CHECKSUMS, type CheckedFrames, checkedFrames } from './extents/checked-frames.ts';
import { type LocalPacks, localPacks } from './extents/local-packs.ts';
import { multiPackCache } from './extents/multi-pack-cache.ts';
import { type PurgedExtents, purgedExtents } from './extents/purged.ts';
import type { ReadContext } from './extents/read-extent.ts';
import { createSession, type WriteSession } from './extents/session.ts';
import { createWorkForce, type WorkForce } from './extents/work-force.ts';
import { writtenFrames } from './extents/written-frames.ts';
import { type PackKeeper, packKeeper } from './maintenance/pack-keeper.ts';
import { createPackWriter, type PackWriter } from './packs/pack-writer.ts';
import type { EvaluateRecipe } from './packs/records.ts';
import type { PromisedExtents } from './tensor-store.ts';
import { type UnfinishedFiles, unfinishedFiles } from './unfinished/unfinished-files.ts';

/** What a store is opened with. */
export interface OpenStoreOptions {
  readonly ports: Ports;
  /** Absolute: mgit's own directory, `<common git dir>/mgit`. Need not exist yet. */
  readonly directory: string;
  readonly evaluateRecipe: EvaluateRecipe;
  /** Who can bring extents that are not here. */
  readonly promised?: PromisedExtents;
  /** Bytes of memory that the store's work may take, about; the default is 512 MiB. */
  readonly memoryLimit?: number;
  /** Threads and memory that are there already, and end with the store; by default the store makes its own. */
  readonly force?: WorkForce | undefined;
  /** Bytes of a new pack at most; less than the format's bound only in tests. */
  readonly packBytes?: number;
  /** Packs to act as if they were not there. */
  readonly without?: ReadonlySet<PackId>;
}

/** What the operations of an open store are made of. */
export interface StoreParts {
  readonly force: WorkForce;
  readonly local: LocalPacks;
  readonly purged: PurgedExtents;
  readonly unfinished: UnfinishedFiles;
  readonly checked: CheckedFrames;
  /** Keeps packs for one operation. */
  keeper(): PackKeeper;
  /** For reading about so many bytes. */
  reading(signal: AbortSignal | undefined, bytes?: number): ReadContext;
  /** For writing about so many bytes; into the store unless another writer is given. */
  session(bytes: number, writer?: PackWriter): WriteSession;
  /** Begins new packs of the store. */
  packWriter(): PackWriter;
  /** Begins packs in another directory (absolute). */
  writerInto(directory: string): PackWriter;
}

const MEMORY_LIMIT = 512 * 1024 * 1024;

/** The threads and memory of one store, none of which are taken yet. */
export function storeWorkForce({ parallelism }: Ports, memoryLimit = MEMORY_LIMIT): WorkForce {
  return createWorkForce({ parallelism, memoryLimit });
}

/** Makes the parts of a store. Nothing is read, and no thread is started, before it is needed. */
export function storeParts(options: OpenStoreOptions): StoreParts {
  const { ports, directory, evaluateRecipe } = options;
  const { fs } = ports;
  const force = options.force ?? storeWorkForce(ports, options.memoryLimit);
  const unfinished = unfinishedFiles(ports, join(directory, 'tmp'));
  const purged = purgedExtents(fs, directory);
  const checked = checkedFrames({
    fs,
    directory,
    temporary: () => join(directory, 'tmp', uniqueNameOf(ports)),
  });
  const local = openPacks(options);
  const keeper = (): PackKeeper => packKeeper(ports, directory);
  const packWriter = (): PackWriter => writerOf(options, unfinished);
  return {
    force,
    local,
    purged,
    unfinished,
    checked,
    keeper,
    packWriter,
    reading: (signal, bytes = 0) => {
      const engine = force.engineFor(bytes);
      const buffers = { buffers: freshBuffers, baseBuffers: freshBuffers, loans: force.loans };
      const lookup = local.lookup();
      return { lookup, engine, ...buffers, ahead: engine.width, evaluateRecipe, signal, depth: 0 };
    },
    session: (bytes, elsewhere) => {
      const engine = force.engineFor(bytes);
      const { buffers, baseBuffers, loans } = force;
      const work = { engine, buffers, baseBuffers, loans, lanes: force.lanes(engine) };
      const packs = elsewhere ?? packWriter();
      const isWorthChecksums = elsewhere === undefined && bytes >= BYTES_WORTH_CHECKSUMS;
      const written = isWorthChecksums ? writtenFrames(checked) : undefined;
      return createSession({ ...work, local, packs, written, keeper: keeper(), purged, evaluateRecipe });
    },
    writerInto: packs => {
      const prepareTemporary = (): Promise<void> => fs.makeDirectory(packs);
      const uniqueName = (): string => uniqueNameOf(ports);
      return createPackWriter({ fs, packs, temporary: packs, uniqueName, prepareTemporary });
    },
  };
}

function openPacks({ ports, directory, without = new Set() }: OpenStoreOptions): LocalPacks {
  const { fs } = ports;
  const path = join(directory, 'multi-pack-index');
  const cache = multiPackCache({ fs, path, temporary: () => join(directory, 'tmp', uniqueNameOf(ports)) });
  return localPacks({ fs, directory: join(directory, 'packs'), cache, without });
}

function writerOf(
  { ports, directory, packBytes }: OpenStoreOptions,
  unfinished: UnfinishedFiles,
): PackWriter {
  return createPackWriter({
    fs: ports.fs,
    packs: join(directory, 'packs'),
    temporary: join(directory, 'tmp'),
    uniqueName: () => uniqueNameOf(ports),
    prepareTemporary: unfinished.prepare,
    ...(packBytes === undefined ? {} : { packBytes }),
  });
}

function uniqueNameOf({ randomBytes }: Ports): string {
  return Buffer.from(randomBytes(8)).toString('hex');
}
