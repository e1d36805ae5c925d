import { MgitError } from '../../base/errors.ts';
import { remoteNames } from '../../remote/remote.ts';
import { checkRefName } from '../../store/history/ref-names.ts';
import { withoutPassword } from '../../store/history/remote-errors.ts';
import type { Repository } from '../repository.ts';

/** A configured remote, its URLs without passwords. */
export interface RemoteInfo {
  readonly name: string;
  readonly fetchUrl: string;
  readonly pushUrl: string;
}

/** The configured remotes, sorted by name. */
export async function listRemotes({ history }: Repository): Promise<readonly RemoteInfo[]> {
  const remotes: RemoteInfo[] = [];
  for (const name of await remoteNames(history)) {
    const url = (await history.configAll(`remote.${name}.url`))[0] ?? '';
    const pushUrl = (await history.configAll(`remote.${name}.pushurl`))[0] ?? url;
    remotes.push({ name, fetchUrl: withoutPassword(url), pushUrl: withoutPassword(pushUrl) });
  }
  return remotes;
}

/** Adds a remote as Git writes it. Errors: `REMOTE_EXISTS`, `REF_INVALID`. */
export async function addRemote(repository: Repository, remote: NewRemote): Promise<void> {
  if ((await remoteNames(repository.history)).includes(remote.name))
    throw new MgitError('REMOTE_EXISTS', `there is a remote ${remote.name} already`, {
      hint: `change its address with: mgit remote set-url ${remote.name} <url>`,
    });
  await setRemote(repository, remote);
}

/** A remote whose branches are all followed. */
export interface NewRemote {
  readonly name: string;
  readonly url: string;
}

/** Makes a remote what {@link addRemote} would, whatever of it is there. Errors: `REF_INVALID`. */
export async function setRemote({ history }: Repository, remote: NewRemote): Promise<void> {
  checkRefName(`refs/remotes/${remote.name}/branch`);
  await history.setConfig(`remote.${remote.name}.url`, remote.url, 'local');
  await history.setConfig(
    `remote.${remote.name}.fetch`,
    `+refs/heads/*:refs/remotes/${remote.name}/*`,
    'local',
  );
}

/** Changes a remote's address. Errors: `REMOTE_UNKNOWN`. */
export async function setRemoteUrl(
  repository: Repository,
  remote: { readonly name: string; readonly url: string; readonly push: boolean },
): Promise<void> {
  await requireRemote(repository, remote.name);
  const key = remote.push ? 'pushurl' : 'url';
  await repository.history.setConfig(`remote.${remote.name}.${key}`, remote.url, 'local');
}

/** Forgets a remote, the refs that track it and that branches follow it. Its packs stay here. Errors: `REMOTE_UNKNOWN`. */
export async function removeRemote(repository: Repository, name: string): Promise<void> {
  const { history } = repository;
  await requireRemote(repository, name);
  const tracked = [
    ...(await history.listRefs(`refs/remotes/${name}/`)),
    ...(await history.listRefs(`refs/mgit/remotes/${name}/`)),
  ];
  for (const key of await settingsOf(repository, name)) await history.setConfig(key, null, 'local');
  if (tracked.length > 0)
    await history.updateRefs(
      tracked.map(({ ref, id }) => ({ ref, target: null, expected: id })),
      `remote: remove ${name}`,
    );
}

/** The settings of a remote and of the branches that follow it. */
async function settingsOf({ history }: Repository, name: string): Promise<readonly string[]> {
  const keys = new Set<string>();
  for (const { key, value } of await history.listConfig()) {
    if (key.startsWith(`remote.${name}.`) && !key.slice(`remote.${name}.`.length).includes('.'))
      keys.add(key);
    const branch = /^branch\.(.+)\.remote$/.exec(key)?.[1];
    if (branch !== undefined && value === name) keys.add(key).add(`branch.${branch}.merge`);
  }
  return [...keys];
}

async function requireRemote({ history }: Repository, name: string): Promise<void> {
  if ((await remoteNames(history)).includes(name)) return;
  throw new MgitError('REMOTE_UNKNOWN', `there is no remote ${name}`, {
    hint: 'list them with: mgit remote',
  });
}
