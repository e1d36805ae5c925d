import { isMgitError, isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { PackBackend } from '../backends/backend.ts';
import type { DownloadOptions } from '../download-file.ts';
import type { LocalSide } from '../local-side.ts';
import { removePartials } from '../partial-files.ts';
import type { PackPointer } from '../pointer.ts';
import { transferProgress } from '../progress.ts';
import { type ReceivedPacks, receivePacks } from '../receive-packs.ts';
import { catalogue } from './catalogue.ts';
import { type ChosenRecords, chooseRecords } from './choose-records.ts';
import { downloadPlanned } from './download-planned.ts';
import { type PlanLimits, type PlannedPack, planPacks } from './plan-packs.ts';
import { recordGraph } from './record-graph.ts';
import type { RemoteRecord } from './remote-record.ts';
import { shortening } from './shortening.ts';

/** What to receive, and from which packs. */
export interface WantedRecords {
  readonly digests: Iterable<Digest>;
  readonly pointers: readonly PackPointer[];
  /** Told of each pack before it is among the others: what is in it came from a remote. */
  readonly onPack?: (id: PackId) => Promise<void>;
  readonly limits?: PlanLimits;
}

/**
 * Brings records, not packs: of the remote's packs only the bytes that these extents take, by the fewest bytes ({@link chooseRecords}), verified, into
 * local packs of their own. What arrived whole stays when the rest is interrupted; the rest is taken up where it stopped. From a server that
 * sends whole packs anyway, whole packs are taken. Errors: `TRANSFER_CORRUPT`; as `PackBackend.load`.
 */
export async function receiveRecords(
  local: LocalSide,
  backend: PackBackend,
  wanted: WantedRecords,
  options: LongOperation = {},
): Promise<ReceivedPacks> {
  const open: Digest[] = [];
  for (const digest of new Set(wanted.digests))
    if ((await local.store.missing([digest])).length > 0) open.push(digest);
  if (open.length === 0) return { packs: [], bytes: 0, unavailable: [] };
  try {
    return await receiveRanges(local, backend, { ...wanted, digests: open }, options);
  } catch (error) {
    if (!isMgitError(error, 'RANGES_IGNORED')) throw error;
    const received = await receivePacks(local, backend, { ...wanted, digests: open }, options);
    for (const id of received.packs) await wanted.onPack?.(id);
    return received;
  }
}

async function receiveRanges(
  local: LocalSide,
  backend: PackBackend,
  wanted: WantedRecords,
  options: LongOperation,
): Promise<ReceivedPacks> {
  const { records, unavailable } = await choose(local, backend, wanted, options);
  const total = records.reduce((sum, record) => sum + record.storedLength, 0);
  const onBytes = transferProgress('fetching tensors', total, options.onEvent);
  const packs: PackId[] = [];
  for (const group of planPacks(inTransferOrder(records), wanted.limits)) {
    for (const { id } of group) await wanted.onPack?.(id);
    await receiveGroup(local, backend, group, { signal: options.signal, onBytes });
    packs.push(...group.map(({ id }) => id));
  }
  return { packs, bytes: total, unavailable };
}

/**
 * Chooses among the packs that are still there: a remote may have lost one whose index is known here. What is here at the end of a chain that
 * is too long for the remote's records on top is stored plainly first.
 */
async function choose(
  local: LocalSide,
  backend: PackBackend,
  { digests, pointers }: WantedRecords,
  options: LongOperation,
): Promise<ChosenRecords> {
  const wanted = [...digests];
  for (let left = pointers; ; ) {
    const remote = catalogue(local, backend, left, options.signal);
    const graph = await recordGraph(wanted, local, remote);
    const chosen = chooseRecords(wanted, graph);
    const { bases } = await shortening(chosen.unavailable, graph, local);
    if (bases.size > 0) {
      await local.store.maintenance.flatten(bases, options);
      continue;
    }
    const used = new Set(chosen.records.flatMap(({ frames }) => frames.map(({ pack }) => pack)));
    const there = new Set((await backend.has([...used], options)).map(({ id }) => id));
    const lost = new Set([...used].filter(({ id }) => !there.has(id)).map(({ id }) => id));
    if (lost.size === 0) return chosen;
    left = left.filter(({ id }) => !lost.has(id));
  }
}

/** What others depend on first; then as the bytes lie on the remote, so that neighbours come together. */
function inTransferOrder(records: readonly RemoteRecord[]): readonly RemoteRecord[] {
  const level = new Map<Digest, number>();
  for (const { digest, references } of records)
    level.set(digest, Math.max(0, ...references.map(below => (level.get(below) ?? -1) + 1)));
  const place = (record: RemoteRecord): string => record.frames[0]?.pack.id ?? '';
  const offset = (record: RemoteRecord): number => record.frames[0]?.offset ?? 0;
  return records.toSorted(
    (left, right) =>
      (level.get(left.digest) ?? 0) - (level.get(right.digest) ?? 0) ||
      (place(left) < place(right) ? -1 : place(left) > place(right) ? 1 : offset(left) - offset(right)),
  );
}

/** What an interrupted download left may be no good: then once more from the beginning. */
async function receiveGroup(
  local: LocalSide,
  backend: PackBackend,
  group: readonly PlannedPack[],
  options: DownloadOptions,
): Promise<void> {
  for (const continues of [true, false]) {
    const here = new Set(await local.store.listPacks());
    const missing = group.filter(({ id }) => !here.has(id));
    const received: { id: PackId; path: string }[] = [];
    for (const pack of missing) {
      const path = await downloadPlanned(local, backend, pack, { ...options, continues });
      received.push({ id: pack.id, path });
    }
    if (await accept(local, received, options.signal)) return removeLeftovers(local, group);
  }
  throw new MgitError('TRANSFER_CORRUPT', 'tensors did not arrive as they were pushed', {
    hint: 'run the command again; if it stays so, push them again from a clone that has them',
  });
}

/** False when the bytes are not what they should be: the files are gone then. */
async function accept(
  local: LocalSide,
  received: readonly { readonly id: PackId; readonly path: string }[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await local.store.importVerified(received, signal ? { signal } : {});
    return true;
  } catch (error) {
    if (!isMgitError(error, 'EXTENT_CORRUPT', 'PACK_CORRUPT', 'FRAME_CORRUPT')) throw error;
    for (const { path } of received)
      await local.ports.fs.removeFile(path).catch(failure => {
        if (!isSystemError(failure, 'ENOENT')) throw failure;
      });
    return false;
  }
}

async function removeLeftovers(local: LocalSide, group: readonly PlannedPack[]): Promise<void> {
  for (const { id } of group) await removePartials(local, id);
}
