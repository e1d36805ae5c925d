import { MgitError } from '../base/errors.ts';
import type { History } from '../store/history/history.ts';
import { parseRefspec, type Refspec } from './refspec.ts';
import { rewriteUrl } from './remote-url.ts';

/** A remote as configured, or as given by URL alone. */
export interface Remote {
  /** Undefined for a URL that no configured remote has. */
  readonly name: string | undefined;
  readonly fetchUrl: string;
  readonly pushUrl: string;
  readonly fetch: readonly Refspec[];
}

/** Names of the configured remotes, sorted. */
export async function remoteNames(history: History): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const { key } of await history.listConfig()) {
    const match = /^remote\.(.+)\.(?:url|pushurl|fetch)$/i.exec(key);
    if (match?.[1]) names.add(match[1]);
  }
  return [...names].sort();
}

/** Reads a remote by name, or takes a URL or path as one. Errors: `REMOTE_UNKNOWN`, `REFSPEC_INVALID`. */
export async function readRemote(history: History, nameOrUrl: string): Promise<Remote> {
  const config = await history.listConfig();
  const [url] = await history.configAll(`remote.${nameOrUrl}.url`).catch(noSuchKey);
  if (url === undefined && !looksLikeUrl(nameOrUrl)) throw await unknown(history, nameOrUrl);
  const [pushUrl] = url === undefined ? [] : await history.configAll(`remote.${nameOrUrl}.pushurl`);
  const fetch = url === undefined ? [] : await history.configAll(`remote.${nameOrUrl}.fetch`);
  return {
    name: url === undefined ? undefined : nameOrUrl,
    fetchUrl: rewriteUrl(url ?? nameOrUrl, config, 'fetch'),
    pushUrl:
      pushUrl === undefined
        ? rewriteUrl(url ?? nameOrUrl, config, 'push')
        : rewriteUrl(pushUrl, config, 'fetch'),
    fetch: fetch.map(parseRefspec),
  };
}

/** A URL makes no valid configuration key; then there is no remote of that name. */
function noSuchKey(error: unknown): readonly string[] {
  if (error instanceof MgitError) return [];
  throw error;
}

function looksLikeUrl(text: string): boolean {
  return /[/\\:]/.test(text) || text === '.' || text === '..';
}

async function unknown(history: History, name: string): Promise<MgitError> {
  const names = await remoteNames(history);
  return new MgitError('REMOTE_UNKNOWN', `there is no remote ${JSON.stringify(name)}`, {
    hint:
      names.length > 0
        ? `the remotes are: ${names.join(', ')}`
        : 'add one with: mgit remote add origin <url>',
  });
}

/** What to give to {@link History}'s transfer: the name keeps the remote's own settings, such as its proxy. */
export function transferName(remote: Remote, direction: 'fetch' | 'push'): string {
  const url = direction === 'push' ? remote.pushUrl : remote.fetchUrl;
  return remote.name !== undefined && url === remote.fetchUrl ? remote.name : url;
}

/** Where the copies of a remote's shared refs are kept. */
export function sharedRefCopy(remote: Remote, kind: 'packs' | 'reports'): string | undefined {
  return remote.name === undefined ? undefined : `refs/mgit/remotes/${remote.name}/${kind}`;
}
