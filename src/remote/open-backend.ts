import { join } from 'node:path';
import { isSystemError, MgitError } from '../base/errors.ts';
import type { FileSystem } from '../base/ports/file-system.ts';
import type { PackBackend } from './backends/backend.ts';
import { directoryBackend } from './backends/directory.ts';
import type { LfsConnection } from './backends/lfs/batch.ts';
import { lfsBackend } from './backends/lfs/lfs.ts';
import { httpClient } from './http/client.ts';
import { gitCredentials } from './http/git-credentials.ts';
import { endpointFinder } from './lfs-endpoint.ts';
import type { LocalSide } from './local-side.ts';
import type { Remote } from './remote.ts';
import { parseRemoteUrl, type RemoteAddress } from './remote-url.ts';

/** Opens the place where a remote's packs are. Errors: `REMOTE_URL_UNSUPPORTED`, `REMOTE_NOT_FOUND`. */
export async function openBackend(
  local: LocalSide,
  remote: Remote,
  direction: 'fetch' | 'push',
): Promise<PackBackend> {
  const place = await lfsPlace(local, remote, direction);
  return 'path' in place ? besidePath(local.ports.fs, place.path, local) : lfsBackend(place);
}

/** Where Git LFS keeps the objects of a remote: on a server, or beside the repository on a path. */
export type LfsPlace = (LfsConnection & { readonly location: string }) | { readonly path: string };

/** Finds it. `proposed` counts where the configuration says nothing. Errors: `REMOTE_URL_UNSUPPORTED`. */
export async function lfsPlace(
  local: Pick<LocalSide, 'ports' | 'history'>,
  remote: Remote,
  direction: 'fetch' | 'push',
  proposed?: string,
): Promise<LfsPlace> {
  const { ports, history } = local;
  const url = direction === 'push' ? remote.pushUrl : remote.fetchUrl;
  const address = parseRemoteUrl(url, history.workTree ?? history.gitDirectory);
  const configured = (await configuredLfsUrl(local, remote, direction)) ?? proposed;
  if (address.kind === 'path' && configured === undefined) return { path: address.path };
  const findEndpoint = endpointFinder(ports, history, { address, configured });
  const credentials = gitCredentials(ports, history, configured ?? url);
  const location = locationOf(address, configured);
  return { ports, http: httpClient(ports, credentials), findEndpoint, location };
}

function locationOf(address: RemoteAddress, configured: string | undefined): string {
  if (configured !== undefined && URL.canParse(configured)) return new URL(configured).host;
  if (address.kind === 'http') return new URL(address.url).host;
  return address.kind === 'ssh' ? address.destination : address.path;
}

/** Source: git-lfs-config(5): a remote's own setting before the general one. */
async function configuredLfsUrl(
  { history }: Pick<LocalSide, 'history'>,
  remote: Remote,
  direction: 'fetch' | 'push',
): Promise<string | undefined> {
  const own = remote.name === undefined ? [] : [`remote.${remote.name}.lfsurl`];
  const ownPush = remote.name === undefined ? [] : [`remote.${remote.name}.lfspushurl`];
  const keys = direction === 'push' ? [...ownPush, 'lfs.pushurl', ...own, 'lfs.url'] : [...own, 'lfs.url'];
  for (const key of keys) {
    const value = await history.config(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The packs of a repository on a path are those of its own store, so that it can be worked in as well. */
async function besidePath(fs: FileSystem, path: string, { ports }: LocalSide): Promise<PackBackend> {
  const directory = join(await gitDirectoryOf(fs, path), 'mgit');
  return directoryBackend(ports, {
    location: path,
    temporaryDirectory: join(directory, 'tmp'),
    packsDirectory: join(directory, 'packs'),
  });
}

/** The Git directory of a repository on a path. Errors: `REMOTE_NOT_FOUND`. Source: git-clone(1); gitrepository-layout(5). */
export async function gitDirectoryOf(fs: FileSystem, path: string): Promise<string> {
  for (const candidate of [join(path, '.git'), path, `${path}.git`])
    if (await isDirectory(fs, join(candidate, 'objects'))) return fs.realPath(candidate);
  throw new MgitError('REMOTE_NOT_FOUND', `there is no Git repository at ${path}`, {
    hint: 'check the path; for a linked work tree give the path of the main one',
  });
}

async function isDirectory(fs: FileSystem, path: string): Promise<boolean> {
  try {
    return (await fs.stat(path)).kind === 'directory';
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
