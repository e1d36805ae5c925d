import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import type { PromisedExtents } from '../tensor-store.ts';
import { chainCost, extentMissing } from './chain.ts';
import { missingExtents } from './dependencies.ts';
import type { LocalPacks } from './local-packs.ts';

/** The packs that are here, and who can bring more. */
export interface ExtentSources {
  readonly local: LocalPacks;
  readonly promised: PromisedExtents | undefined;
}

/** Fetches what is promised of these extents and what they depend on. Errors: `EXTENT_MISSING` for what nobody holds. */
export async function requireExtents(
  digests: Iterable<Digest>,
  { local, promised }: ExtentSources,
  options: LongOperation,
): Promise<void> {
  const wanted = [...digests];
  let [missing] = await missingExtents(wanted, local.lookup());
  if (missing === undefined) return;
  await promised?.fetch(wanted, options);
  [missing] = await missingExtents(wanted, local.lookup());
  if (missing !== undefined) throw extentMissing(missing);
}

/**
 * Makes sure that an extent can be read, and that its chain is within the bounds: a hostile one is refused before any work.
 * Errors: `EXTENT_MISSING`, `RECORD_TOO_DEEP`.
 */
export async function requireChain(
  digest: Digest,
  sources: ExtentSources,
  options: LongOperation,
): Promise<void> {
  try {
    await chainCost(digest, sources.local.lookup());
  } catch (error) {
    if (!sources.promised || !isMgitError(error, 'EXTENT_MISSING')) throw error;
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
    if (!sources.promised || !isMgitError(error, 'EXTENT_MISSING')) throw error;
    await requireExtents(digests(), sources, options);
    await work();
  }
}
