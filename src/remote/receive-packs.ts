import { isSystemError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import type { Digest, PackId } from '../base/ids.ts';
import type { PackBackend } from './backends/backend.ts';
import { choosePacks, type IndexedPack } from './choose-packs.ts';
import type { DownloadOptions } from './download-file.ts';
import { downloadPack } from './download-pack.ts';
import type { LocalSide } from './local-side.ts';
import { remotePackIndex } from './pack-indexes.ts';
import { rememberPointer } from './pack-pointer-of.ts';
import { inParallel } from './parallel.ts';
import { removePartials } from './partial-files.ts';
import type { PackPointer } from './pointer.ts';
import { transferProgress } from './progress.ts';

const TRANSFERS_AT_ONCE = 4;
const MOST_ATTEMPTS = 3;

/** What came. */
export interface ReceivedPacks {
  readonly packs: readonly PackId[];
  readonly bytes: number;
  /** Extents that are neither here nor in any of the remote's packs: their commits were pushed without mgit. */
  readonly unavailable: readonly Digest[];
}

/**
 * Brings the packs that these extents, and what they depend on, need and that are not here. Tails of packs are read first, to choose.
 * Errors: as {@link downloadPack} and `TensorStore.importPack`.
 */
export async function receivePacks(
  local: LocalSide,
  backend: PackBackend,
  wanted: { readonly digests: Iterable<Digest>; readonly pointers: Iterable<PackPointer> },
  options: LongOperation = {},
): Promise<ReceivedPacks> {
  const digests = [...wanted.digests];
  const received: PackPointer[] = [];
  let offered: readonly IndexedPack[] | undefined;
  let missing = await local.store.missing(digests);
  // What records depend on is known only when they are here: usually one round, two after a merge.
  while (missing.length > 0) {
    offered ??= await indexesOf(local, backend, await absentHere(local, wanted.pointers), options);
    const chosen = choosePacks(missing, offered).filter(pointer => !received.includes(pointer));
    if (chosen.length === 0) break;
    await receive(local, backend, chosen, options);
    received.push(...chosen);
    missing = await local.store.missing(digests);
  }
  return {
    packs: received.map(pointer => pointer.id),
    bytes: received.reduce((sum, pointer) => sum + pointer.size, 0),
    unavailable: missing,
  };
}

async function absentHere(
  local: LocalSide,
  pointers: Iterable<PackPointer>,
): Promise<readonly PackPointer[]> {
  const here = new Set(await local.store.listPacks());
  return [...pointers].filter(pointer => !here.has(pointer.id));
}

async function indexesOf(
  local: LocalSide,
  backend: PackBackend,
  pointers: readonly PackPointer[],
  options: LongOperation,
): Promise<readonly IndexedPack[]> {
  const there = await backend.has(pointers, options);
  return inParallel(there, TRANSFERS_AT_ONCE, async pointer => ({
    pointer,
    index: await remotePackIndex(local, backend, pointer, options.signal),
  }));
}

async function receive(
  local: LocalSide,
  backend: PackBackend,
  pointers: readonly PackPointer[],
  options: LongOperation,
): Promise<void> {
  const total = pointers.reduce((sum, pointer) => sum + pointer.size, 0);
  const onBytes = transferProgress('fetching packs', total, options.onEvent);
  await inParallel(pointers, TRANSFERS_AT_ONCE, async pointer => {
    await receiveOne(local, backend, pointer, { signal: options.signal, onBytes });
    await removePartials(local, pointer.id);
    await rememberPointer(local, pointer);
  });
}

/** Another process takes a download over that has been quiet for long; this one then takes the pack, or what there is of it, from there. */
async function receiveOne(
  local: LocalSide,
  backend: PackBackend,
  pointer: PackPointer,
  options: DownloadOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      const path = await downloadPack(local, backend, pointer, options);
      return await local.store.importPack(pointer.id, path);
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
      if ((await local.store.listPacks()).includes(pointer.id)) return;
      if (attempt === MOST_ATTEMPTS) throw error;
    }
}
