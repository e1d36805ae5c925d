import { isSystemError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import type { History } from '../../store/history/history.ts';
import { basicAuthorization, type HttpCredentials } from './credentials.ts';

type Headers = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, string>>;

/**
 * The credentials Git would use: `http.<url>.extraHeader`, the user and password of the remote's URL, and after a 401 `git credential fill`, whose
 * helpers are told whether the answer was good.
 */
export function gitCredentials(ports: Ports, history: History, remoteUrl: string): HttpCredentials {
  const remembered = new Map<string, Headers>();
  const pending = new Map<string, Fields>();
  return {
    known: async url => ({
      ...(await extraHeaders(history, url)),
      ...(remembered.get(originOf(url)) ?? userInfoHeaders(remoteUrl, url)),
    }),
    ask: async url => {
      const fields = await fill(ports, history, question(remoteUrl, url));
      if (!fields?.username || fields.password === undefined) return undefined;
      pending.set(originOf(url), fields);
      return { ...(await extraHeaders(history, url)), ...basicHeader(fields.username, fields.password) };
    },
    judge: async (url, accepted) => {
      const fields = pending.get(originOf(url));
      if (!fields) return;
      pending.delete(originOf(url));
      if (accepted) remembered.set(originOf(url), basicHeader(fields.username ?? '', fields.password ?? ''));
      await credential(ports, history, accepted ? 'approve' : 'reject', fields);
    },
  };
}

function basicHeader(username: string, password: string): Headers {
  return { authorization: basicAuthorization(username, password) };
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/** What a URL says before its `@` counts for that host only. */
function userInfoHeaders(remoteUrl: string, url: string): Headers {
  const { username, password, origin } = parsedRemote(remoteUrl);
  if (password === '' || origin !== originOf(url)) return {};
  return basicHeader(decodeURIComponent(username), decodeURIComponent(password));
}

function parsedRemote(remoteUrl: string): Pick<URL, 'username' | 'password' | 'origin'> {
  return URL.parse(remoteUrl) ?? { username: '', password: '', origin: '' };
}

/** Source: git-config(1), `http.<url>.*`: scheme, host and port must match, the path as a prefix; an empty value forgets those before it. */
async function extraHeaders(history: History, url: string): Promise<Headers> {
  const headers: Record<string, string> = {};
  for (const { key, value } of await history.listConfig()) {
    const scope = /^http\.(?:(.+)\.)?extraheader$/i.exec(key);
    if (!scope || !(scope[1] === undefined || covers(scope[1], url))) continue;
    if (value === '') for (const name of Object.keys(headers)) delete headers[name];
    const colon = value.indexOf(':');
    if (colon > 0) headers[value.slice(0, colon).trim().toLowerCase()] = value.slice(colon + 1).trim();
  }
  return headers;
}

function covers(scope: string, url: string): boolean {
  const limit = URL.parse(scope);
  const target = new URL(url);
  if (!limit || limit.origin !== target.origin) return false;
  const folder = limit.pathname.endsWith('/') ? limit.pathname : `${limit.pathname}/`;
  return target.pathname === limit.pathname || target.pathname.startsWith(folder);
}

function question(remoteUrl: string, url: string): Fields {
  const target = new URL(url);
  const remote = parsedRemote(remoteUrl);
  return {
    protocol: target.protocol.replace(/:$/, ''),
    host: target.host,
    ...(remote.username && remote.origin === target.origin
      ? { username: decodeURIComponent(remote.username) }
      : {}),
  };
}

async function fill(ports: Ports, history: History, fields: Fields): Promise<Fields | undefined> {
  const answer = await credential(ports, history, 'fill', fields);
  if (answer === undefined) return undefined;
  const lines = answer.split('\n').filter(line => line.includes('='));
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Undefined when git is absent, or when there is nobody to ask: the caller says that credentials are missing. */
async function credential(
  ports: Ports,
  history: History,
  action: 'fill' | 'approve' | 'reject',
  fields: Fields,
): Promise<string | undefined> {
  const stdin = `${Object.entries(fields)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}\n`;
  try {
    const result = await ports.processes.run({
      command: 'git',
      args: ['credential', action],
      cwd: history.gitDirectory,
      // As in all of mgit's use of git: it asks at the terminal only where the environment allows it.
      env: { ...ports.env, GIT_TERMINAL_PROMPT: ports.env.GIT_TERMINAL_PROMPT ?? '0' },
      stdin,
    });
    return result.code === 0 ? Buffer.from(result.stdout).toString('utf8') : undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
