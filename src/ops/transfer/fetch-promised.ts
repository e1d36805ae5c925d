import { isMgitError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest } from '../../base/ids.ts';
import { markFetched } from '../../remote/fetched-packs.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { type Promisor, promisors } from '../../remote/promisor.ts';
import { receiveRecords } from '../../remote/records/receive-records.ts';
import { sharedRefCopy } from '../../remote/remote.ts';
import { dropPurged } from '../maintenance/drop-purged.ts';
import type { Repository } from '../repository.ts';
import { remotePointers } from './remote-pointers.ts';

/**
 * Brings extents that remotes of a partial clone promise, asking one after the other; what none of them holds is left out. Only the packs
 * that the last fetch knew of are asked for, so that no ref is listed. Errors: those of the transport, which say what is missing.
 */
export async function fetchPromised(
  repository: Repository,
  digests: readonly Digest[],
  options: LongOperation,
): Promise<void> {
  let open = digests;
  for (const promisor of await promisors(repository.history)) {
    if (open.length === 0) return;
    open = await fetchFrom(repository, promisor, { digests: open, options }).catch(error => {
      throw explained(error, promisor);
    });
  }
}

/** Fetches what a remote has; returns the rest. */
async function fetchFrom(
  repository: Repository,
  { remote }: Promisor,
  { digests, options }: { readonly digests: readonly Digest[]; readonly options: LongOperation },
): Promise<readonly Digest[]> {
  const copy = sharedRefCopy(remote, 'packs');
  const published = (copy && (await repository.history.readRef(copy))) as CommitId | undefined;
  const backend = await openBackend(repository, remote, 'fetch');
  const pointers = await remotePointers(repository, { backend, published }, options);
  const onPack = (id: Parameters<typeof markFetched>[1]) => markFetched(repository, id);
  const wanted = { digests, pointers, onPack };
  const { unavailable } = await receiveRecords(repository, backend, wanted, options);
  await dropPurged(repository, options);
  return unavailable;
}

const UNREACHABLE = ['REMOTE_UNREACHABLE', 'REMOTE_AUTH', 'REMOTE_NOT_FOUND'];

/** Nobody who reads a tensor expects a message about a network. */
function explained(error: unknown, { name }: Promisor): unknown {
  if (!isMgitError(error, ...UNREACHABLE)) return error;
  return new MgitError(error.code, `tensors of this partial clone are at ${name} only: ${error.message}`, {
    hint: `run the command again when ${name} can be reached; "mgit fetch --all-tensors" brings everything for work without it`,
    cause: error,
    details: { remote: name },
  });
}
