import type { Digest } from '../base/ids.ts';
import { addFile } from './extents/add-file.ts';
import { missingExtents, packsFor } from './extents/dependencies.ts';
import { describeRecord } from './extents/describe.ts';
import { EMPTY_DIGEST } from './extents/empty-extent.ts';
import { hashAgain, hashFile } from './extents/hash-file.ts';
import { importPack } from './extents/import-pack.ts';
import { importVerified } from './extents/import-verified.ts';
import { keepExtents } from './extents/keep-extents.ts';
import { lentSlices } from './extents/lent-slices.ts';
import { type ReadContext, readExtent } from './extents/read-extent.ts';
import { requireChain, requireExtents, withExtents } from './extents/require-extents.ts';
import { restoreFile } from './extents/restore-file.ts';
import { createStoreWriter } from './extents/store-writer.ts';
import { verified } from './extents/verified.ts';
import { verifyPacks } from './extents/verify-packs.ts';
import { storeMaintenance } from './maintenance/open-maintenance.ts';
import { type OpenStoreOptions, storeParts } from './store-parts.ts';
import type { TensorStore } from './tensor-store.ts';

/** Opens the store of packs under `directory`. Nothing is read, and no thread is started, before it is needed. */
export function openTensorStore(options: OpenStoreOptions): TensorStore {
  const { ports, directory } = options;
  const parts = storeParts(options);
  const { force, local, purged, reading, session } = parts;
  const sources = { local, promised: options.promised, purged };
  const importing = () => ({ local, keeper: parts.keeper() });

  return {
    purged,
    maintenance: storeMaintenance(
      { ...ports, directory, local, write: parts.packWriter },
      {
        read: reading,
        session,
        writerInto: parts.writerInto,
        without: packs => openTensorStore({ ...options, force: undefined, without: packs }),
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
    hashAgain: (source, former, options = {}) => hashAgain({ source, former }, options, session(former.size)),
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
        return restoreFile(
          { manifest, path },
          { fs: ports.fs, read, lanes, unfinished: parts.unfinished, checked: parts.checked },
          options,
        );
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
      const keeper = parts.keeper();
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
