import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, PackId } from '../../base/ids.ts';
import { listPublishedPacks, PACKS_REF } from '../../remote/packs-ref.ts';
import type { Collection } from '../../store/maintenance/collect.ts';
import type { Repository } from '../repository.ts';
import { removeStaleCaches } from './caches.ts';
import { runGitGc } from './git-gc.ts';
import { parsePruneTime } from './prune-time.ts';
import { reachableExtents } from './reachable.ts';
import { readRoots } from './roots.ts';
import { trimCache } from './trim-cache.ts';

/** How to collect. */
export interface GcOptions extends LongOperation {
  /** What is younger stays; default: `gc.pruneExpire`, else two weeks ago, as Git. See {@link parsePruneTime}. */
  readonly prune?: string | undefined;
  readonly dryRun?: boolean;
  /** Let Git collect its own objects, too. */
  readonly git?: boolean;
}

/** What was collected. */
export interface GcResult extends Collection {
  readonly dryRun: boolean;
  /** Files of `indexes/` and `oids/` that describe packs which are neither here nor on a remote. */
  readonly staleCaches: number;
  /** Packs that a partial clone gave back to its remote, so as to stay within `mgit.cacheQuota`. */
  readonly evicted: readonly PackId[];
}

/**
 * Removes what nothing reaches: no ref, reflog, stash, index, merge in progress, candidate, other work tree, nor an operation that `undo`
 * can reverse. What records are computed from counts as reached. Then keeps the cache of a partial clone within its quota ({@link trimCache}).
 * Errors: as `StoreMaintenance.collect` and {@link reachableExtents}.
 */
export async function collectGarbage(repository: Repository, options: GcOptions = {}): Promise<GcResult> {
  const { store, history, ports } = repository;
  const prune = options.prune ?? (await history.config('gc.pruneexpire')) ?? '2.weeks.ago';
  const olderThan = parsePruneTime(prune, ports.clock.now());
  const dryRun = options.dryRun === true;
  if (options.git && !dryRun) await runGitGc(repository, options);
  const times = await store.maintenance.packTimes(); // Before the roots: what is relied on from now on shows.
  const reachable = await reachableExtents(repository, await readRoots(repository), options);
  const keep = await servedPacks(repository);
  const collection = await store.maintenance.collect({ times, reachable, olderThan, keep, dryRun }, options);
  if (!dryRun) await store.maintenance.removeUnfinished();
  const staleCaches = await removeStaleCaches(repository, dryRun);
  const evicted = dryRun ? [] : await trimIfAsked(repository, options);
  return { ...collection, dryRun, staleCaches, evicted };
}

const UNREACHABLE = ['REMOTE_UNREACHABLE', 'REMOTE_AUTH', 'REMOTE_NOT_FOUND'];

/** A remote that does not say what it has keeps what is cached of it, and nothing else, from going. */
async function trimIfAsked(repository: Repository, options: LongOperation): Promise<readonly PackId[]> {
  try {
    return await trimCache(repository, options);
  } catch (error) {
    if (!isMgitError(error, ...UNREACHABLE)) throw error;
    const { code, message, hint } = error;
    options.onEvent?.({ type: 'warning', code, message, ...(hint ? { hint } : {}) });
    return [];
  }
}

/** The packs that this repository, as a remote on a path, has promised to others: who has pushed them sends them no more. */
async function servedPacks({ history }: Repository): Promise<ReadonlySet<PackId>> {
  return listPublishedPacks(history, (await history.readRef(PACKS_REF)) as CommitId | undefined);
}
