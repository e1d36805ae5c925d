import { join } from 'node:path';
import type { Digest, PackId } from '../base/ids.ts';
import type { Ports } from '../base/ports/ports.ts';
import { addFile, hashFile } from './extents/add-file.ts';
import { freshBuffers } from './extents/buffer-pool.ts';
import { missingExtents, packsFor } from './extents/dependencies.ts';
import { describeRecord } from './extents/describe.ts';
import { EMPTY_DIGEST } from './extents/empty-extent.ts';
import { importPack } from './extents/import-pack.ts';
import { importVerified } from './extents/import-verified.ts';
import { keepExtents } from './extents/keep-extents.ts';
import { lentSlices } from './extents/lent-slices.ts';
import { localPacks } from './extents/local-packs.ts';
import { multiPackCache } from './extents/multi-pack-cache.ts';
import { purgedExtents } from './extents/purged.ts';
import { type ReadContext, readExtent } from './extents/read-extent.ts';
import { requireChain, requireExtents, withExtents } from './extents/require-extents.ts';
import { restoreFile } from './extents/restore-file.ts';
import { createSession, type WriteSession } from './extents/session.ts';
import { createStoreWriter } from './extents/store-writer.ts';
import { verified } from './extents/verified.ts';
import { verifyPacks } from './extents/verify-packs.ts';
import { createWorkForce } from './extents/work-force.ts';
import { storeMaintenance } from './maintenance/open-maintenance.ts';
import { packKeeper } from './maintenance/pack-keeper.ts';
import { createPackWriter, type PackWriter } from './packs/pack-writer.ts';
import type { EvaluateRecipe } from './packs/records.ts';
import type { PromisedExtents, TensorStore } from './tensor-store.ts';
import { unfinishedFiles } from './unfinished/unfinished-files.ts';

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
  /** Bytes of a new pack at most; less than the format's bound only in tests. */
  readonly packBytes?: number;
  /** Packs to act as if they were not there. */
  readonly without?: ReadonlySet<PackId>;
}

const MEMORY_LIMIT = 512 * 1024 * 1024;

/** Opens the store of packs under `directory`. Nothing is read, and no thread is started, before it is needed. */
export function openTensorStore(options: OpenStoreOptions): TensorStore {
  const { ports, directory, evaluateRecipe, packBytes, memoryLimit = MEMORY_LIMIT } = options;
  const packs = join(directory, 'packs');
  const force = createWorkForce({ parallelism: ports.parallelism, memoryLimit });
  const temporary = join(directory, 'tmp');
  const unfinished = unfinishedFiles(ports, temporary);
  const uniqueName = (): string => Buffer.from(ports.randomBytes(8)).toString('hex');
  const cache = multiPackCache({
    fs: ports.fs,
    path: join(directory, 'multi-pack-index'),
    temporary: () => join(temporary, uniqueName()),
  });
  const { without = new Set() } = options;
  const local = localPacks({ fs: ports.fs, directory: packs, cache, without });
  const purged = purgedExtents(ports.fs, directory);
  const sources = { local, promised: options.promised, purged };
  const importing = () => ({ local, keeper: packKeeper(ports, directory) });
  const reading = (signal: AbortSignal | undefined, bytes = 0): ReadContext => {
    const engine = force.engineFor(bytes);
    const buffers = freshBuffers;
    return {
      lookup: local.lookup(),
      engine,
      buffers,
      baseBuffers: buffers,
      loans: force.loans,
      ahead: engine.width,
      evaluateRecipe,
      signal,
      depth: 0,
    };
  };
  const packWriter = (): PackWriter => {
    const place = { fs: ports.fs, packs, temporary, uniqueName, prepareTemporary: unfinished.prepare };
    return createPackWriter(packBytes === undefined ? place : { ...place, packBytes });
  };
  const writerInto = (directory: string): PackWriter => {
    const prepareTemporary = (): Promise<void> => ports.fs.makeDirectory(directory);
    return createPackWriter({
      fs: ports.fs,
      packs: directory,
      temporary: directory,
      uniqueName,
      prepareTemporary,
    });
  };
  const session = (bytes: number, writer = packWriter()): WriteSession => {
    const engine = force.engineFor(bytes);
    const lanes = force.lanes(engine);
    const { buffers, baseBuffers, loans } = force;
    const keeper = packKeeper(ports, directory);
    return createSession({
      engine,
      buffers,
      baseBuffers,
      loans,
      lanes,
      local,
      packs: writer,
      keeper,
      purged,
      evaluateRecipe,
    });
  };

  return {
    purged,
    maintenance: storeMaintenance(
      { ...ports, directory, local, write: packWriter },
      {
        read: reading,
        session,
        writerInto,
        without: packs => openTensorStore({ ...options, without: packs }),
      },
    ),
    addFile: async (source, layout, options = {}) => {
      const writing = session(layout.size);
      try {
        const result = await addFile({ source, layout }, options, writing);
        await writing.finish();
        return result;
      } catch (error) {
        await writing.packs.abort();
        throw error;
      }
    },
    hashFile: (source, layout, options = {}) => hashFile({ source, layout }, options, session(layout.size)),
    has: async digest => digest === EMPTY_DIGEST || (await local.lookup()(digest)) !== undefined,
    describe: async digest => {
      const record = await local.lookup()(digest);
      return record && describeRecord(record);
    },
    storedIn: async (packs, digests) => {
      const lookup = local.lookup(id => packs.has(id));
      const stored = new Set<Digest>();
      for (const digest of digests) if (await lookup(digest)) stored.add(digest);
      return stored;
    },
    read: async function* (digest, range, options = {}) {
      await requireChain(digest, sources, options);
      const length = range?.length ?? (await local.lookup()(digest))?.length;
      const context = reading(options.signal, length);
      const isVerified = range === undefined && options.verify !== false;
      const slices = (reading: ReadContext): AsyncIterable<Uint8Array> => {
        const read = readExtent(digest, range, reading);
        return isVerified ? verified(digest, read, reading.engine) : read;
      };
      yield* options.lent ? lentSlices(slices, context) : slices(context);
    },
    restoreFile: (manifest, path, options = {}) => {
      const { buffers, baseBuffers } = force;
      const work = (): Promise<void> => {
        const read = { ...reading(options.signal, manifest.size), buffers, baseBuffers };
        const lanes = force.lanes(read.engine);
        return restoreFile({ manifest, path }, { fs: ports.fs, read, lanes, unfinished }, options);
      };
      const digests = () => manifest.extents.map(({ digest }) => digest);
      return withExtents(digests, sources, { work, options });
    },
    writer: (options = {}) => createStoreWriter(session(options.bytes ?? 0), options.coding ?? 'auto'),
    listPacks: () => local.list(),
    packPath: id => local.path(id),
    packsFor: (digests, except) => packsFor(digests, local.lookup(), except),
    missing: (digests, except) => missingExtents(digests, local.lookup(), except),
    require: (digests, options = {}) => requireExtents(digests, sources, options),
    importPack: (id, path) => importPack({ id, path }, ports.fs, importing()),
    importVerified: (received, options = {}) =>
      importVerified(received, ports.fs, { ...importing(), read: reading(options.signal) }),
    keep: async digests => {
      const keeper = packKeeper(ports, directory);
      const keeps = keepExtents(
        local,
        local.lookup(id => !keeper.isLost(id)),
        keeper,
      );
      const lost: Digest[] = [];
      for (const digest of digests) if (!(await keeps(digest))) lost.push(digest);
      return lost;
    },
    verify: async function* (ids, options = {}) {
      yield* verifyPacks(ids ?? (await local.list()), { local, read: reading(options.signal) }, options);
    },
    close: async () => {
      await force.close();
      await local.close();
    },
  };
}
