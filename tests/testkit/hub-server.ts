import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A server on loopback that speaks the part of the Hugging Face Hub's API that a commit needs. */
export interface HubServer extends AsyncDisposable {
  readonly url: string;
  /** Files of each repository as they stand after its commits. */
  readonly repositories: ReadonlyMap<string, Map<string, Buffer>>;
  /** Every request as "METHOD path". */
  readonly requests: readonly string[];
  /** Answers the next requests whose line matches with this status. */
  failNext(pattern: RegExp, status: number, times?: number): void;
}

interface State {
  url: string;
  readonly token: string;
  readonly repositories: Map<string, Map<string, Buffer>>;
  readonly objects: Map<string, Buffer>;
  readonly requests: string[];
  readonly failures: { pattern: RegExp; status: number; times: number }[];
}

/** Starts the server; `token` is the only one it accepts. */
export async function startHubServer(token: string): Promise<HubServer> {
  const state: State = {
    url: '',
    token,
    repositories: new Map(),
    objects: new Map(),
    requests: [],
    failures: [],
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(error => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: state.url,
    repositories: state.repositories,
    requests: state.requests,
    failNext: (pattern, status, times = 1) => state.failures.push({ pattern, status, times }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const line = `${request.method} ${request.url}`;
  state.requests.push(line);
  const body = await buffer(request);
  const failure = state.failures.find(entry => entry.times > 0 && entry.pattern.test(line));
  if (failure) {
    failure.times--;
    return send(response, failure.status, { error: 'as asked' });
  }
  const upload = /^PUT \/upload\/([0-9a-f]{64})$/.exec(line);
  if (upload) return store(state, upload[1] as string, body, response);
  if (request.headers.authorization !== `Bearer ${state.token}`)
    return send(response, 401, { error: 'Invalid credentials' });
  return route(state, line, body, response);
}

function route(state: State, line: string, body: Buffer, response: ServerResponse): void {
  if (line === 'POST /api/repos/create') return create(state, JSON.parse(body.toString()), response);
  const preupload = /^POST \/api\/models\/(.+)\/preupload\/main$/.exec(line);
  if (preupload) return send(response, 200, { files: JSON.parse(body.toString()).files.map(uploadMode) });
  const batch = /^POST \/(.+)\.git\/info\/lfs\/objects\/batch$/.exec(line);
  if (batch)
    return send(response, 200, {
      transfer: 'basic',
      objects: JSON.parse(body.toString()).objects.map((object: Pointer) => action(state, object)),
    });
  const commit = /^POST \/api\/models\/(.+)\/commit\/main$/.exec(line);
  if (commit) return apply(state, commit[1] as string, body, response);
  send(response, 404, { error: `no route for ${line}` });
}

interface Pointer {
  readonly oid: string;
  readonly size: number;
}

const uploadMode = (file: { path: string }) => ({
  path: file.path,
  uploadMode: file.path.endsWith('.safetensors') ? 'lfs' : 'regular',
});

function action(state: State, { oid, size }: Pointer): object {
  return state.objects.has(oid)
    ? { oid, size }
    : { oid, size, actions: { upload: { href: `${state.url}/upload/${oid}` } } };
}

function create(
  state: State,
  request: { name: string; organization: string },
  response: ServerResponse,
): void {
  const name = `${request.organization}/${request.name}`;
  if (state.repositories.has(name))
    return send(response, 409, { error: 'You already created this model repo' });
  state.repositories.set(name, new Map());
  send(response, 200, { url: `${state.url}/${name}`, id: name });
}

function store(state: State, oid: string, body: Buffer, response: ServerResponse): void {
  if (createHash('sha256').update(body).digest('hex') !== oid)
    return send(response, 422, { error: 'checksum mismatch' });
  state.objects.set(oid, body);
  send(response, 200, {});
}

function apply(state: State, name: string, body: Buffer, response: ServerResponse): void {
  const files = state.repositories.get(name);
  if (!files) return send(response, 404, { error: 'Repository not found' });
  for (const line of body.toString().trim().split('\n')) {
    const { key, value } = JSON.parse(line);
    if (key === 'file') files.set(value.path, Buffer.from(value.content, 'base64'));
    if (key === 'lfsFile') files.set(value.path, state.objects.get(value.oid) as Buffer);
  }
  const oid = createHash('sha1').update(body).digest('hex');
  send(response, 200, {
    success: true,
    commitOid: oid,
    commitUrl: `${state.url}/${name}/commit/${oid}`,
    hookOutput: '',
  });
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}
