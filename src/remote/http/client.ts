import { isMgitError, MgitError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { retryAfterOf, startBackoff } from './backoff.ts';
import type { HttpCredentials } from './credentials.ts';

/** A request that can be sent again: its body is made anew for each attempt. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => string | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests with credentials and retries. */
export interface HttpClient {
  /**
   * Retries what is worth it (no connection, 408, 429 and most of 5xx) with backoff, and asks for credentials once after a 401. Every other
   * answer is returned as it is. Errors: `REMOTE_UNREACHABLE`, `REMOTE_AUTH`.
   */
  send(request: HttpRequest): Promise<Response>;
}

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504, 509]);

/** A client on the fetch port. */
export function httpClient(ports: Ports, credentials: HttpCredentials): HttpClient {
  return {
    send: async request => {
      const backoff = startBackoff(ports, request.signal);
      for (;;) {
        const outcome = await authenticated(ports, credentials, request).catch(failure);
        if (outcome instanceof Response && !TRANSIENT.has(outcome.status)) return outcome;
        const retryAfter =
          outcome instanceof Response ? retryAfterOf(outcome.headers, ports.clock.now()) : undefined;
        if (outcome instanceof Response) await outcome.body?.cancel();
        request.signal?.throwIfAborted();
        if (!(await backoff.again(retryAfter))) throw gaveUp(request, outcome);
      }
    },
  };
}

/** Explained failures are final; a broken connection is a value that the loop may try again. */
function failure(error: unknown): Error {
  if (isMgitError(error) || !(error instanceof TypeError)) throw error;
  return error;
}

async function authenticated(
  ports: Ports,
  credentials: HttpCredentials,
  request: HttpRequest,
): Promise<Response> {
  if (hasAuthorization(request.headers)) return dispatch(ports, request, {});
  const response = await dispatch(ports, request, await credentials.known(request.url));
  if (response.status !== 401) return response;
  await response.body?.cancel();
  const asked = await credentials.ask(request.url);
  if (!asked) throw unauthorised(request.url);
  const second = await dispatch(ports, request, asked);
  await credentials.judge(request.url, second.status !== 401);
  if (second.status !== 401) return second;
  await second.body?.cancel();
  throw unauthorised(request.url);
}

function dispatch(
  ports: Ports,
  request: HttpRequest,
  extra: Readonly<Record<string, string>>,
): Promise<Response> {
  const body = request.body?.();
  return ports.fetch(request.url, {
    method: request.method,
    headers: { 'user-agent': 'mgit', ...extra, ...request.headers },
    ...(request.signal ? { signal: request.signal } : {}),
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
}

function hasAuthorization(headers: HttpRequest['headers']): boolean {
  return Object.keys(headers ?? {}).some(name => name.toLowerCase() === 'authorization');
}

function unauthorised(url: string): MgitError {
  return new MgitError(
    'REMOTE_AUTH',
    `${new URL(url).host} does not accept these credentials, or needs some`,
    {
      hint: 'store them with "git credential approve" or a credential helper; for tokens, the password is the token',
    },
  );
}

function gaveUp(request: HttpRequest, outcome: Response | Error): MgitError {
  const { host } = new URL(request.url);
  const why = outcome instanceof Response ? `answered ${outcome.status} again and again` : reasonOf(outcome);
  return new MgitError('REMOTE_UNREACHABLE', `${host}: ${why}`, {
    hint: 'run the command again later: what was transferred is kept',
    ...(outcome instanceof Response ? {} : { cause: outcome }),
  });
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error && error.cause.message ? error.cause.message : error.message;
}
