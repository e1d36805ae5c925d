import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type FaultyHandler, withFaults } from './http-faults.ts';
import { type LfsEndpoint, type LfsEndpointOptions, lfsEndpoint } from './lfs-endpoint.ts';
import { requiredProgram, run } from './programs.ts';

/** A real Git host on a loopback port: `git http-backend` and Git LFS, with faults on demand. */
export interface GitServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:40000`. */
  readonly origin: string;
  readonly lfs: LfsEndpoint;
  /** Every request passes here: what was seen, and what shall go wrong. */
  readonly faults: FaultyHandler;
  /** Makes an empty bare repository; returns its URL. */
  createRepository(name: string): Promise<string>;
  /** The directory of a repository. */
  pathOf(name: string): string;
}

/** Starts a server whose repositories are under `root`. `basicAuth` guards Git as well as LFS. */
export async function gitServer(root: string, options: LfsEndpointOptions = {}): Promise<GitServer> {
  await requiredProgram('git');
  const lfs = lfsEndpoint(options);
  const faults = withFaults(request => answer(request, { root, lfs, options }));
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing, faults));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    lfs,
    faults,
    pathOf: name => join(root, `${name}.git`),
    createRepository: async name => {
      await mkdir(root, { recursive: true });
      const path = join(root, `${name}.git`);
      await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', path]);
      await run('git', ['-C', path, 'config', 'http.receivepack', 'true']);
      return `${origin}/${name}.git`;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** A handler that throws, or a body that fails, cuts the connection. */
async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  faults: FaultyHandler,
): Promise<void> {
  try {
    const response = await faults.handle(requestOf(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    if (response.body) await pipeline(Readable.fromWeb(response.body as never), outgoing);
    else outgoing.end();
  } catch {
    incoming.socket.destroy();
  }
}

function requestOf(incoming: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value));
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  return new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {}),
  });
}

interface Place {
  readonly root: string;
  readonly lfs: LfsEndpoint;
  readonly options: LfsEndpointOptions;
}

async function answer(request: Request, place: Place): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.includes('/info/lfs/')) return place.lfs.handle(request);
  return gitBackend(request, place);
}

/** Runs `git http-backend` as CGI, streaming both ways. Source: git-http-backend(1), RFC 3875. */
async function gitBackend(request: Request, { root, options }: Place): Promise<Response> {
  if (!isAuthorised(request, options))
    return new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="test"' } });
  const child = spawn('git', ['http-backend'], { env: cgiEnvironment(request, root) });
  child.stdin.on('error', () => {}); // The program may answer without reading everything.
  child.stderr.resume();
  if (request.body)
    void pipeline(Readable.fromWeb(request.body as never), child.stdin).catch(() => child.kill());
  else child.stdin.end();
  return cgiResponse(child.stdout);
}

function isAuthorised(request: Request, { basicAuth }: LfsEndpointOptions): boolean {
  if (!basicAuth) return true;
  const token = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64');
  return request.headers.get('authorization') === `Basic ${token}`;
}

function cgiEnvironment(request: Request, root: string): NodeJS.ProcessEnv {
  const url = new URL(request.url);
  const { headers } = request;
  return {
    PATH: process.env.PATH,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    HOME: root,
    REMOTE_USER: 'tester',
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: headers.get('content-type') ?? '',
    ...(headers.has('content-length') ? { CONTENT_LENGTH: headers.get('content-length') ?? '' } : {}),
    HTTP_CONTENT_ENCODING: headers.get('content-encoding') ?? '',
    GIT_PROTOCOL: headers.get('git-protocol') ?? '',
  };
}

/** Header lines, an empty line, the body. */
async function cgiResponse(stdout: Readable): Promise<Response> {
  const body = stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const next = await body.next();
    if (next.done) throw new Error('git http-backend gave no answer');
    head = Buffer.concat([head, next.value]);
    end = head.indexOf('\r\n\r\n');
  }
  const headers = new Headers();
  let status = 200;
  for (const line of head.toString('latin1', 0, end).split('\r\n')) {
    const [name = '', value = ''] = [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else headers.set(name, value);
  }
  const rest = head.subarray(end + 4);
  const stream = ReadableStream.from(
    (async function* () {
      if (rest.length > 0) yield rest;
      for (let next = await body.next(); !next.done; next = await body.next()) yield next.value;
    })(),
  );
  return new Response(stream, { status, headers });
}
