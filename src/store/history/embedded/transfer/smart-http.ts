import { isMgitError, MgitError } from '../../../../base/errors.ts';
import type { ObjectId } from '../../../../base/ids.ts';
import type { Ports } from '../../../../base/ports/ports.ts';
import type { History } from '../../history.ts';
import { remoteAuth, remoteNotFound, remoteUnreachable, withoutPassword } from '../../remote-errors.ts';
import { askCredentials } from './ask-credentials.ts';
import { parsePktLines } from './pkt-line.ts';
import type { RemoteAddress } from './remote-url.ts';

export type Service = 'git-upload-pack' | 'git-receive-pack';

/** What a server says about itself first. */
export interface Advertisement {
  readonly refs: ReadonlyMap<string, ObjectId>;
  /** What annotated tags name in the end, by ref. */
  readonly peeled: ReadonlyMap<string, ObjectId>;
  readonly capabilities: ReadonlySet<string>;
}

/** One service of one remote. Errors: `REMOTE_UNREACHABLE`, `REMOTE_AUTH`, `REMOTE_NOT_FOUND`. */
export interface SmartHttp {
  advertisement(): Promise<Advertisement>;
  /** Sends a request and reads the whole answer. */
  post(body: Uint8Array): Promise<Uint8Array>;
}

/** What a connection needs. */
export interface HttpContext extends Pick<History, 'listConfig'> {
  readonly ports: Ports;
  readonly address: RemoteAddress;
  readonly signal: AbortSignal | undefined;
}

/** Git's smart HTTP protocol, version 0. Source: gitprotocol-http(5). */
export function smartHttp(context: HttpContext, service: Service): SmartHttp {
  let base = context.address.url;
  let authorization = basic(context.address.user, context.address.password);
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await request(context, `${base}${path}`, { ...init, authorization });
    if (response.status !== 401) return checked(context.address.remote, response);
    authorization = await askCredentials(context, response.headers.get('www-authenticate') ?? '');
    return checked(
      context.address.remote,
      await request(context, `${base}${path}`, { ...init, authorization }),
    );
  };
  return {
    advertisement: async () => {
      const path = `/info/refs?service=${service}`;
      const response = await send(path, {});
      base = redirectedBase(context.address, response.url, path) ?? base;
      if (!response.headers.get('content-type')?.includes(`${service}-advertisement`))
        throw remoteNotFound(context.address.remote, 'the server does not speak Git there');
      return parseAdvertisement(context.address.remote, await content(context, response));
    },
    post: async body => {
      const headers = {
        'content-type': `application/x-${service}-request`,
        accept: `application/x-${service}-result`,
      };
      return content(
        context,
        await send(`/${service}`, { method: 'POST', headers, body: Buffer.from(body) }),
      );
    },
  };
}

/** The value of an Authorization header. */
export function basic(user: string | undefined, password: string | undefined): string | undefined {
  if (user === undefined && password === undefined) return undefined;
  return `Basic ${Buffer.from(`${user ?? ''}:${password ?? ''}`).toString('base64')}`;
}

async function request(
  context: HttpContext,
  url: string,
  { authorization, ...init }: RequestInit & { readonly authorization: string | undefined },
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('user-agent', 'git/mgit');
  for (const [name, value] of await extraHeaders(context, url)) headers.append(name, value);
  if (authorization !== undefined && !headers.has('authorization'))
    headers.set('authorization', authorization);
  try {
    const signal = context.signal ? { signal: context.signal } : {};
    return await context.ports.fetch(url, { ...init, headers, ...signal });
  } catch (error) {
    throw failure(context, error);
  }
}

async function content(context: HttpContext, response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw failure(context, error);
  }
}

function failure(context: HttpContext, error: unknown): MgitError {
  if (isMgitError(error)) return error;
  if (context.signal?.aborted) return new MgitError('INTERRUPTED', 'interrupted');
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return remoteUnreachable(
    context.address.remote,
    reason instanceof Error ? reason.message : String(reason),
    error,
  );
}

function checked(remote: string, response: Response): Response {
  const said = `HTTP ${response.status}`;
  if (response.status === 401 || response.status === 403) throw remoteAuth(remote, said);
  if (response.status === 404 || response.status === 410) throw remoteNotFound(remote, said);
  if (!response.ok) throw remoteUnreachable(remote, said);
  return response;
}

/** `http.extraHeader` and `http.<url>.extraHeader`, as CI systems set them. An empty value drops those before. */
async function extraHeaders({ listConfig }: HttpContext, url: string): Promise<readonly [string, string][]> {
  let headers: [string, string][] = [];
  for (const { key, value } of await listConfig()) {
    if (!key.startsWith('http.') || !key.endsWith('.extraheader')) continue;
    const scope = key.slice('http.'.length, -'.extraheader'.length);
    if (key !== 'http.extraheader' && !url.startsWith(scope)) continue;
    const colon = value.indexOf(':');
    if (value === '') headers = [];
    else headers.push([value.slice(0, colon).trim(), value.slice(colon + 1).trim()]);
  }
  return headers;
}

/** Where a redirect led; another host never gets the credentials of this one. Errors: `REMOTE_AUTH`. */
function redirectedBase(address: RemoteAddress, landed: string, path: string): string | undefined {
  if (!landed.endsWith(path)) return undefined;
  const base = landed.slice(0, -path.length);
  if (new URL(base).origin !== new URL(address.url).origin && address.user !== undefined)
    throw remoteAuth(
      address.remote,
      `it redirects to ${withoutPassword(base)}, which must be asked by its own URL`,
    );
  return base;
}

function parseAdvertisement(remote: string, bytes: Uint8Array): Advertisement {
  const refs = new Map<string, ObjectId>();
  const peeled = new Map<string, ObjectId>();
  let capabilities: ReadonlySet<string> | undefined;
  for (const line of parsePktLines(bytes)) {
    const text = (line ?? Buffer.alloc(0)).toString('utf8').replace(/\n$/, '');
    if (text.startsWith('ERR ')) throw remoteNotFound(remote, text.slice(4));
    const match = /^([0-9a-f]{40}) ([^\0]+)(?:\0(.*))?$/.exec(text);
    if (!match) continue;
    const [, id, ref = '', listed] = match;
    if (listed !== undefined) capabilities ??= new Set(listed.trim().split(' '));
    if (!ref.endsWith('^{}')) refs.set(ref, id as ObjectId);
    else if (ref !== 'capabilities^{}') peeled.set(ref.slice(0, -3), id as ObjectId);
  }
  return { refs, peeled, capabilities: capabilities ?? new Set() };
}
