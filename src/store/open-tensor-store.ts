import { join } from 'node:path';
import type { Ports } from '../base/ports/ports.ts';
import { addFile, hashFile } from './extents/add-file.ts';
import { chainCost } from './extents/chain.ts';
import { missingExtents, packsFor } from './extents/dependencies.ts';
import { describeRecord } from './extents/describe.ts';
import { EMPTY_DIGEST } from './extents/empty-extent.ts';
import { importPack } from './extents/import-pack.ts';
import { inlineEngine } from './extents/inline-engine.ts';
import { localPacks } from './extents/local-packs.ts';
import { type ReadContext, readExtent } from './extents/read-extent.ts';
import { restoreFile } from './extents/restore-file.ts';
import { createSession, type WriteSession } from './extents/session.ts';
import { createStoreWriter } from './extents/store-writer.ts';
import { verified } from './extents/verified.ts';
import { verifyPacks } from './extents/verify-packs.ts';
import { createPackWriter } from './packs/pack-writer.ts';
import type { EvaluateRecipe } from './packs/records.ts';
import type { TensorStore } from './tensor-store.ts';

/** What a store is opened with. */
export interface OpenStoreOptions {
  readonly ports: Ports;
  /** Absolute: mgit's own directory, `<common git dir>/mgit`. Need not exist yet. */
  readonly directory: string;
  readonly evaluateRecipe: EvaluateRecipe;
  /** Bytes of a new pack at most; less than the format's bound only in tests. */
  readonly packBytes?: number;
}

/** Opens the store of packs under `directory`. Nothing is read before it is needed. */
export function openTensorStore({
  ports,
  directory,
  evaluateRecipe,
  packBytes,
}: OpenStoreOptions): TensorStore {
  const packs = join(directory, 'packs');
  const local = localPacks(ports.fs, packs);
  const engine = inlineEngine;
  const uniqueName = (): string => Buffer.from(ports.randomBytes(8)).toString('hex');
  const readContext = (signal?: AbortSignal): ReadContext => ({
    lookup: local.lookup(),
    engine,
    evaluateRecipe,
    signal,
    depth: 0,
  });
  const session = (): WriteSession => {
    const place = { fs: ports.fs, packs, temporary: join(directory, 'tmp'), uniqueName };
    const writer = createPackWriter(packBytes === undefined ? place : { ...place, packBytes });
    return createSession({ engine, local, packs: writer, evaluateRecipe });
  };

  return {
    addFile: async (source, layout, options = {}) => {
      const writing = session();
      try {
        const result = await addFile({ source, layout }, options, writing);
        await writing.finish();
        return result;
      } catch (error) {
        await writing.packs.abort();
        throw error;
      }
    },
    hashFile: (source, layout, options = {}) => hashFile({ source, layout }, options, engine),
    has: async digest => digest === EMPTY_DIGEST || (await local.lookup()(digest)) !== undefined,
    describe: async digest => {
      const record = await local.lookup()(digest);
      return record && describeRecord(record);
    },
    read: (digest, range, options = {}) => {
      const slices = readChecked(digest, range, readContext(options.signal));
      return range === undefined && options.verify !== false ? verified(digest, slices, engine) : slices;
    },
    restoreFile: (manifest, path, options = {}) =>
      restoreFile(
        { manifest, path },
        { fs: ports.fs, read: readContext(options.signal), uniqueName },
        options,
      ),
    writer: options => createStoreWriter(session(), options?.coding ?? 'auto'),
    listPacks: () => local.list(),
    packPath: id => local.path(id),
    packsFor: digests => packsFor(digests, local.lookup()),
    missing: digests => missingExtents(digests, local.lookup()),
    importPack: (id, path) => importPack({ id, path }, ports.fs, local),
    verify: async function* (ids, options = {}) {
      yield* verifyPacks(ids ?? (await local.list()), { local, read: readContext(options.signal) }, options);
    },
    close: () => local.close(),
  };
}

/** Reads after a look at the whole chain, so that a hostile one is refused before any work. */
async function* readChecked(
  digest: Parameters<TensorStore['read']>[0],
  range: Parameters<TensorStore['read']>[1],
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  await chainCost(digest, context.lookup);
  yield* readExtent(digest, range, context);
}
