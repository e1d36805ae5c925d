import { recordStash } from '../history/operations.ts';
import type { Repository } from '../repository.ts';
import { dropStash, listStashes, type StashEntry } from './stash-entry.ts';

/** Takes a stash off the list, for good once Git's own clean-up comes by; until then `undo` brings it back. Errors: `STASH_UNKNOWN`, `REF_CONFLICT`. */
export async function discardStash(repository: Repository, entry: StashEntry): Promise<void> {
  await dropStash(repository, entry);
  const { commit, message } = entry;
  await recordStash(repository, {
    command: `stash drop: ${message}`,
    stash: { dropped: { commit, message } },
  });
}

/** Takes all stashes off the list. Returns them. */
export async function clearStashes(repository: Repository): Promise<readonly StashEntry[]> {
  const stashes = await listStashes(repository);
  for (const entry of stashes.toReversed()) await discardStash(repository, entry);
  return stashes;
}
