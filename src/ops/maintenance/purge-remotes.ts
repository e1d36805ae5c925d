import { isMgitError } from '../../base/errors.ts';
import type { CommitId, Digest } from '../../base/ids.ts';
import { openBackend } from '../../remote/open-backend.ts';
import { readPublishedPacks } from '../../remote/packs-ref.ts';
import type { PackPointer } from '../../remote/pointer.ts';
import { type Remote, readRemote, remoteNames, sharedRefCopy } from '../../remote/remote.ts';
import { parseRemoteUrl } from '../../remote/remote-url.ts';
import { openRepository, type Repository } from '../repository.ts';

/** A place that a purge does not reach, and why. */
export interface OutOfReach {
  readonly where: string;
  readonly why: string;
  /** Git LFS object ids of its packs that hold the extents, as far as the packs here tell. */
  readonly objects: readonly Digest[];
}

/** The remotes: those on a path, whose packs are files, and the others. */
export interface PurgeRemotes {
  /** Open; the caller closes them. */
  readonly reached: readonly { readonly name: string; readonly repository: Repository }[];
  readonly outOfReach: readonly (Omit<OutOfReach, 'objects'> & { readonly packs: readonly PackPointer[] })[];
}

/** Opens the remotes that lie on a path. Errors: those of opening, except of repositories that are not there. */
export async function purgeRemotes(repository: Repository): Promise<PurgeRemotes> {
  const reached: { name: string; repository: Repository }[] = [];
  const outOfReach: PurgeRemotes['outOfReach'][number][] = [];
  for (const name of await remoteNames(repository.history)) {
    const remote = await readRemote(repository.history, name);
    try {
      const path = await packsOnPath(repository, remote);
      if (path === undefined)
        outOfReach.push({ where: name, why: NO_DELETE, packs: await publishedAt(repository, remote) });
      else reached.push({ name, repository: await openRepository(repository.ports, path) });
    } catch (error) {
      if (!isMgitError(error, 'REMOTE_NOT_FOUND', 'NOT_A_REPOSITORY', 'REMOTE_URL_UNSUPPORTED')) throw error;
      outOfReach.push({ where: name, why: error.message, packs: [] });
    }
  }
  return { reached, outOfReach };
}

const NO_DELETE =
  'Git LFS has no way to delete an object: ask whoever runs the server to delete its packs that hold it';

/** The packs that a remote had at the last fetch or push. */
async function publishedAt({ history }: Repository, remote: Remote): Promise<readonly PackPointer[]> {
  const copy = sharedRefCopy(remote, 'packs');
  return readPublishedPacks(history, (copy && (await history.readRef(copy))) as CommitId | undefined);
}

/** The path of a remote whose packs lie beside it; only such can list what they have. */
async function packsOnPath(repository: Repository, remote: Remote): Promise<string | undefined> {
  const { history } = repository;
  const backend = await openBackend(repository, remote, 'push');
  if (backend.others === undefined) return undefined;
  const address = parseRemoteUrl(remote.pushUrl, history.workTree ?? history.gitDirectory);
  return address.kind === 'path' ? address.path : undefined;
}
