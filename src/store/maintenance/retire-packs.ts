import { dirname } from 'node:path';
import { isMgitError, isSystemError } from '../../base/errors.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { chainCosts } from '../extents/chain.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import { clearCondemned, writeCondemned } from './condemned.ts';
import type { KeeperPorts } from './pack-keeper.ts';
import { packsBehind, referencesOfPack } from './pack-references.ts';
import { type PackTimes, timeOfPack } from './pack-times.ts';
import { withRetirementLock } from './retirement-lock.ts';
import { storeChanged } from './store-changed.ts';

/** Where packs are removed from. */
export interface RetirementPlace extends KeeperPorts {
  /** Absolute: mgit's own directory. */
  readonly directory: string;
  readonly local: LocalPacks;
}

/** What is to be removed. */
export interface Retirement {
  /** The packs to remove, with their times before anything was decided. */
  readonly victims: PackTimes;
  /** What must be readable without them. */
  readonly live: Iterable<Digest>;
  /** How one goes; the default deletes its file. */
  readonly remove?: (id: PackId) => Promise<void>;
}

/**
 * Removes packs. Those that somebody has begun to rely on since their times were noted stay, and so do those that they need. Nothing is
 * removed unless everything live is readable without the victims. Returns those removed. Errors: `STORE_LOCKED`, `STORE_CHANGED`.
 */
export function retirePacks(place: RetirementPlace, retirement: Retirement): Promise<readonly PackId[]> {
  return withRetirementLock(place, place.directory, async () => {
    const { fs, directory } = place;
    await writeCondemned(fs, directory, retirement.victims.keys());
    try {
      const victims = await unused(place, retirement.victims);
      await checkReadable(place.local, victims, retirement.live);
      return await removeAll(place, await inOrder(place.local, victims), retirement.remove);
    } finally {
      await clearCondemned(fs, directory);
    }
  });
}

/** The victims that nobody relies on: their time is as it was. */
async function unused({ fs, local }: RetirementPlace, victims: PackTimes): Promise<ReadonlySet<PackId>> {
  await local.refresh();
  const left = new Set<PackId>();
  const spared: PackId[] = [];
  for (const [id, time] of victims) {
    const now = await timeOfPack(fs, local.path(id));
    if (now === undefined) continue;
    if (now === time) left.add(id);
    else spared.push(id);
  }
  const lookup = local.lookup();
  for (let id = spared.pop(); id !== undefined; id = spared.pop())
    for (const behind of await packsBehind(await local.open(id), lookup))
      if (left.delete(behind)) spared.push(behind);
  return left;
}

/** Checks that live extents, and what the packs that stay refer to, are as readable without the victims. Errors: `STORE_CHANGED`. */
async function checkReadable(
  local: LocalPacks,
  victims: ReadonlySet<PackId>,
  live: Iterable<Digest>,
): Promise<void> {
  const before = chainCosts(local.lookup());
  const after = chainCosts(local.lookup(id => !victims.has(id)));
  const check = async (digest: Digest): Promise<void> => {
    if (!(await canBeHad(after, digest)) && (await canBeHad(before, digest))) throw storeChanged();
  };
  for (const digest of live) await check(digest);
  for (const id of await local.list())
    if (!victims.has(id)) for (const digest of referencesOfPack(await local.open(id))) await check(digest);
}

async function canBeHad(costOf: (digest: Digest) => Promise<unknown>, digest: Digest): Promise<boolean> {
  try {
    await costOf(digest);
    return true;
  } catch (error) {
    if (isMgitError(error, 'EXTENT_MISSING', 'RECORD_TOO_DEEP')) return false;
    throw error;
  }
}

/** Packs whose records need others before those others: a crash in between leaves no record without what it needs. */
async function inOrder(local: LocalPacks, victims: ReadonlySet<PackId>): Promise<readonly PackId[]> {
  const lookup = local.lookup();
  const needed: PackId[] = [];
  const seen = new Set<PackId>();
  const visit = async (id: PackId): Promise<void> => {
    if (seen.has(id) || !victims.has(id)) return;
    seen.add(id);
    for (const behind of await packsBehind(await local.open(id), lookup)) await visit(behind);
    needed.push(id);
  };
  for (const id of victims) await visit(id);
  return needed.reverse();
}

async function removeAll(
  { fs, local }: RetirementPlace,
  packs: readonly PackId[],
  remove: Retirement['remove'],
): Promise<readonly PackId[]> {
  const removed: PackId[] = [];
  for (const id of packs) {
    try {
      await (remove ? remove(id) : fs.removeFile(local.path(id)));
      removed.push(id);
    } catch (error) {
      // Where open files cannot be removed, somebody reads it: the next gc takes it.
      if (!isSystemError(error, 'EBUSY', 'EPERM', 'EACCES', 'ENOENT')) throw error;
    }
  }
  if (removed.length > 0) await fs.syncDirectory(dirname(local.path(removed[0] as PackId)));
  await local.refresh();
  return removed;
}
