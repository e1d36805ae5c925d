import { isMgitError, type MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { PromisedExtents } from '../tensor-store.ts';
import { chainCost, extentMissing } from './chain.ts';
import { missingExtents } from './dependencies.ts';
import type { LocalPacks } from './local-packs.ts';
import { extentPurged, type PurgedExtents } from './purged.ts';

/** The packs that are here, and who can bring more. */
export interface ExtentSources {
  readonly local: LocalPacks;
  readonly promised: PromisedExtents | undefined;
  readonly purged: PurgedExtents;
}

/**
 * Fetches what is promised of these extents and what they depend on. Errors: `EXTENT_MISSING` for what nobody holds, `EXTENT_PURGED`, before
 * anything is fetched, for what was taken down.
 */
export async function requireExtents(
  digests: Iterable<Digest>,
  { local, promised, purged }: ExtentSources,
  options: LongOperation,
): Promise<void> {
  const wanted = [...digests];
  const absent = await missingExtents(wanted, local.lookup());
  if (absent.length === 0) return;
  const taken = await purged.list();
  for (const digest of wanted)
    if (taken.has(digest) && absent.includes(digest)) throw await absence(digest, purged);
  await promised?.fetch(wanted, options);
  const [missing] = await missingExtents(wanted, local.lookup());
  if (missing !== undefined) throw await absence(missing, purged);
}

async function absence(digest: Digest, purged: PurgedExtents): Promise<MgitError> {
  const tombstone = await purged.find(digest);
  return tombstone ? extentPurged(digest, tombstone) : extentMissing(digest);
}

/**
 * Makes sure that an extent can be read, and that its chain is within the bounds: a hostile one is refused before any work.
 * Errors: `EXTENT_MISSING`, `EXTENT_PURGED`, `RECORD_TOO_DEEP`.
 */
export async function requireChain(
  digest: Digest,
  sources: ExtentSources,
  options: LongOperation,
): Promise<void> {
  try {
    await chainCost(digest, sources.local.lookup());
  } catch (error) {
    if (!isMgitError(error, 'EXTENT_MISSING')) throw error;
    await requireExtents([digest], sources, options);
    await chainCost(digest, sources.local.lookup());
  }
}

/**
 * Does work on extents; where one turns out not to be here, all are fetched and the work is done again. So whoever has everything pays
 * nothing. The work must leave nothing behind when it fails.
 */
export async function withExtents(
  digests: () => Iterable<Digest>,
  sources: ExtentSources,
  { work, options }: { readonly work: () => Promise<void>; readonly options: LongOperation },
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMgitError(error, 'EXTENT_MISSING')) throw error;
    await requireExtents(digests(), sources, options);
    await work();
  }
}
