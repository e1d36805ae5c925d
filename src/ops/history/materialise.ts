import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest } from '../../base/ids.ts';
import { digestReader } from '../../remote/digests-of-commits.ts';
import type { Repository } from '../repository.ts';

/**
 * Stores the merged tensors of a commit as they are, beside the recipes that they came from: reading a release needs neither the merge's inputs nor
 * its computation. What a partial clone does not hold is left alone. Errors: those of reading.
 */
export async function materialise(
  { history, store }: Repository,
  commit: CommitId,
  options: LongOperation,
): Promise<void> {
  const computed: Digest[] = [];
  for (const digest of await digestReader(history).read(commit))
    if ((await store.describe(digest))?.kind === 'recipe') computed.push(digest);
  if (computed.length > 0) await store.maintenance.flatten(computed, options);
}
