import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest } from '../../base/ids.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { promisedBy } from '../../remote/promised-by.ts';
import { type Promisor, promisors } from '../../remote/promisor.ts';
import { sharedRefCopy } from '../../remote/remote.ts';
import type { Repository } from '../repository.ts';
import { remotePointers } from '../transfer/remote-pointers.ts';
import type { FsckProblem } from './fsck-problem.ts';

/** What a partial clone has left with remotes. */
export interface Promises {
  /** Extents that a remote holds, or may hold: one that cannot be asked. */
  readonly promised: ReadonlySet<Digest>;
  /** Notes of remotes that cannot be asked. */
  readonly problems: readonly FsckProblem[];
}

/**
 * Of extents that are not here, those that remotes of a partial clone promise: their packs, as of the last fetch, hold them. None in a whole
 * clone.
 */
export async function promisedExtents(
  repository: Repository,
  missing: readonly Digest[],
  options: LongOperation,
): Promise<Promises> {
  const promised = new Set<Digest>();
  const problems: FsckProblem[] = [];
  for (const promisor of missing.length === 0 ? [] : await promisors(repository.history)) {
    const open = missing.filter(digest => !promised.has(digest));
    if (open.length === 0) break;
    try {
      for (const digest of await heldBy(repository, promisor, { digests: open, options }))
        promised.add(digest);
    } catch (error) {
      if (!isMgitError(error)) throw error;
      problems.push(unasked(promisor, open.length, error.message));
      for (const digest of open) promised.add(digest);
    }
  }
  return { promised, problems };
}

/** Which extents a remote holds, by what was once read of it; with `isAsked`, by what it has at this moment. */
export async function heldBy(
  repository: Repository,
  { remote }: Promisor,
  question: {
    readonly digests: readonly Digest[];
    readonly options: LongOperation;
    readonly isAsked?: boolean;
  },
): Promise<ReadonlySet<Digest>> {
  const { digests, options } = question;
  const copy = sharedRefCopy(remote, 'packs');
  const published = (copy && (await repository.history.readRef(copy))) as CommitId | undefined;
  const backend = await openBackend(repository, remote, 'fetch');
  const known = await remotePointers(repository, { backend, published }, options);
  const pointers = question.isAsked ? await backend.has(known, options) : known;
  return promisedBy(repository, { backend, pointers }, digests, options);
}

function unasked({ name }: Promisor, count: number, why: string): FsckProblem {
  const message = `whether ${name} has the ${count} extents that were left with it is not known: ${why}`;
  return { code: 'PROMISE_UNCHECKED', message, level: 'note' };
}
