import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { extentMissing } from '../extents/chain.ts';
import { EMPTY_DIGEST } from '../extents/empty-extent.ts';
import type { WriteSession } from '../extents/session.ts';
import { codingFor } from './export-records.ts';
import { recode } from './recode.ts';

/**
 * Stores extents once more, without reference to others: readers prefer such records. Nothing is removed. Errors: those of reading,
 * `EXTENT_CORRUPT`, `STORE_CHANGED`.
 */
export async function flatten(
  digests: Iterable<Digest>,
  session: WriteSession,
  { signal, onEvent }: LongOperation,
): Promise<readonly PackId[]> {
  const distinct = [...new Set(digests)];
  try {
    for (const [done, digest] of distinct.entries()) {
      signal?.throwIfAborted();
      onEvent?.({ type: 'progress', phase: 'store', done, total: distinct.length, unit: 'items' });
      if (digest === EMPTY_DIGEST) continue;
      const record = await session.lookup(digest);
      if (!record) throw extentMissing(digest);
      const { length } = record;
      const coding = await codingFor({ digest, length, dtype: undefined, base: undefined }, session);
      await recode({ digest, length, coding, atMost: Number.POSITIVE_INFINITY }, session, signal);
    }
    return await session.finish();
  } catch (error) {
    await session.packs.abort();
    throw error;
  }
}
