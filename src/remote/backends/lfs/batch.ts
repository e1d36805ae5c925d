import { MgitError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { startBackoff } from '../../http/backoff.ts';
import type { HttpClient } from '../../http/client.ts';
import type { FindEndpoint, LfsEndpoint, LfsOperation } from './endpoint.ts';
import {
  LFS_MEDIA_TYPE,
  type LfsAnswer,
  type LfsObjectId,
  parseBatchAnswer,
  protocolError,
} from './protocol.ts';

const OBJECTS_PER_BATCH = 100;

/** What talking to one LFS server takes. */
export interface LfsConnection {
  readonly ports: Ports;
  readonly http: HttpClient;
  readonly findEndpoint: FindEndpoint;
}

/**
 * Asks what to do with objects, at most a hundred at once and fewer where the server finds that too large (413).
 * Errors: `REMOTE_AUTH`, `REMOTE_NOT_FOUND`, `REMOTE_UNREACHABLE`, `LFS_PROTOCOL`.
 */
export async function batch(
  connection: LfsConnection,
  operation: LfsOperation,
  objects: readonly LfsObjectId[],
  signal?: AbortSignal,
): Promise<readonly LfsAnswer[]> {
  const endpoint = await connection.findEndpoint(operation);
  const waiting = chunks(objects, OBJECTS_PER_BATCH);
  const answers: LfsAnswer[] = [];
  const backoff = startBackoff(connection.ports, signal);
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const response = await post(connection, endpoint, { operation, objects: next }, signal);
    if (response.status === 413 && next.length > 1) {
      await response.body?.cancel();
      waiting.unshift(...chunks(next, Math.ceil(next.length / 2)));
      continue;
    }
    const found = await answersOf(response, endpoint, next, connection.ports.clock.now()).catch(brokenOff);
    signal?.throwIfAborted();
    if (!(found instanceof TypeError)) answers.push(...found);
    else if (await backoff.again()) waiting.unshift(next);
    else throw unreachable(endpoint, found);
  }
  return answers;
}

/** A connection that breaks while the answer comes is a value: the question may be asked again. */
function brokenOff(error: unknown): TypeError {
  if (error instanceof TypeError) return error;
  throw error;
}

function unreachable({ url }: LfsEndpoint, cause: Error): MgitError {
  return new MgitError('REMOTE_UNREACHABLE', `${new URL(url).host}: its answers break off`, {
    hint: 'run the command again later: what was transferred is kept',
    cause,
  });
}

function post(
  connection: LfsConnection,
  endpoint: LfsEndpoint,
  body: { readonly operation: LfsOperation; readonly objects: readonly LfsObjectId[] },
  signal: AbortSignal | undefined,
): Promise<Response> {
  const text = JSON.stringify({ ...body, transfers: ['basic'], hash_algo: 'sha256' });
  return connection.http.send({
    method: 'POST',
    url: `${endpoint.url}/objects/batch`,
    headers: { ...endpoint.headers, accept: LFS_MEDIA_TYPE, 'content-type': LFS_MEDIA_TYPE },
    body: () => text,
    signal,
  });
}

async function answersOf(
  response: Response,
  endpoint: LfsEndpoint,
  asked: readonly LfsObjectId[],
  now: number,
): Promise<readonly LfsAnswer[]> {
  if (!response.ok) throw await batchError(response, endpoint);
  return parseBatchAnswer(parsed(await response.text()), asked, now);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw protocolError('its answer is not JSON', cause);
  }
}

async function batchError(response: Response, endpoint: LfsEndpoint): Promise<MgitError> {
  const said = messageOf(await response.text().catch(() => ''));
  const { host } = new URL(endpoint.url);
  if (response.status === 401 || response.status === 403)
    return new MgitError('REMOTE_AUTH', `${host} refuses access to its Git LFS store${said}`, {
      hint: 'check that your account or token may read and write this repository',
    });
  if (response.status === 404)
    return new MgitError('REMOTE_NOT_FOUND', `there is no Git LFS server at ${endpoint.url}${said}`, {
      hint: 'turn Git LFS on for the repository, or set lfs.url to where it is',
    });
  return new MgitError('TRANSFER_REFUSED', `${host} answered ${response.status} to a Git LFS batch${said}`);
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? `: ${message}` : '';
  } catch {
    return ''; // Not JSON: a proxy's page, which says nothing to a reader of one line.
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
