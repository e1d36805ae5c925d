import { createHash } from 'node:crypto';
import type { Handler } from './http-faults.ts';

/** How a test's LFS server behaves. */
export interface LfsEndpointOptions {
  /** Requires this user and password. */
  readonly basicAuth?: { readonly username: string; readonly password: string };
  /** Answers 413 to batches of more objects. */
  readonly largestBatch?: number;
  /** Whether transfer addresses carry a token of their own instead of asking for the user's credentials. */
  readonly tokens?: boolean;
  readonly expiresIn?: number;
}

/** A Git LFS server in memory. `objects` holds what was uploaded; `verified` what clients asked to verify. */
export interface LfsEndpoint {
  readonly objects: Map<string, Uint8Array>;
  readonly verified: Set<string>;
  /** Answers requests whose path holds `/info/lfs/`; addresses in answers are on the request's own origin. */
  readonly handle: Handler;
}

const MEDIA_TYPE = 'application/vnd.git-lfs+json';

/** Source: Git LFS Batch API, basic transfer adapter. */
export function lfsEndpoint(options: LfsEndpointOptions = {}): LfsEndpoint {
  const objects = new Map<string, Uint8Array>();
  const verified = new Set<string>();
  const handle: Handler = async request => {
    const { pathname } = new URL(request.url);
    const [base, rest] = pathname.split('/info/lfs/') as [string, string];
    if (!isAuthorised(request, rest, options)) return unauthorised();
    if (rest === 'objects/batch') return batchAnswer(request, `${base}/info/lfs`, objects, options);
    const oid = /^objects\/(?:verify\/)?([0-9a-f]{64})$/.exec(rest)?.[1];
    if (!oid) return json({ message: 'no such page' }, 404);
    if (request.method === 'GET') return rangeAnswer(request, objects.get(oid));
    if (request.method === 'PUT') return store(request, oid, objects);
    const size = objects.get(oid)?.length;
    const asked = (await request.json()) as { oid: string; size: number };
    if (asked.oid !== oid || asked.size !== size) return json({ message: 'not stored' }, 404);
    verified.add(oid);
    return json({}, 200);
  };
  return { objects, verified, handle };
}

function isAuthorised(request: Request, rest: string, options: LfsEndpointOptions): boolean {
  const { basicAuth, tokens } = options;
  if (!basicAuth) return true;
  const given = request.headers.get('authorization');
  if (tokens && rest !== 'objects/batch') return given === 'Bearer transfer-token';
  return given === `Basic ${Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')}`;
}

function unauthorised(): Response {
  return new Response('{"message":"credentials needed"}', {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="test"', 'lfs-authenticate': 'Basic realm="test"' },
  });
}

async function batchAnswer(
  request: Request,
  base: string,
  objects: ReadonlyMap<string, Uint8Array>,
  options: LfsEndpointOptions,
): Promise<Response> {
  const asked = (await request.json()) as { operation: string; objects: { oid: string; size: number }[] };
  if (asked.objects.length > (options.largestBatch ?? 1000)) return json({ message: 'too many' }, 413);
  const action = (path: string) => ({
    href: `${new URL(request.url).origin}${base}/${path}`,
    ...(options.tokens ? { header: { Authorization: 'Bearer transfer-token' } } : {}),
    ...(options.expiresIn === undefined ? {} : { expires_in: options.expiresIn }),
  });
  const answers = asked.objects.map(({ oid, size }) => {
    const there = objects.has(oid);
    if (asked.operation === 'download')
      return there
        ? { oid, size, actions: { download: action(`objects/${oid}`) } }
        : { oid, size, error: { code: 404, message: 'object does not exist' } };
    if (there) return { oid, size };
    return {
      oid,
      size,
      actions: { upload: action(`objects/${oid}`), verify: action(`objects/verify/${oid}`) },
    };
  });
  return json({ transfer: 'basic', objects: answers }, 200);
}

async function store(request: Request, oid: string, objects: Map<string, Uint8Array>): Promise<Response> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (createHash('sha256').update(bytes).digest('hex') !== oid) return json({ message: 'wrong digest' }, 422);
  objects.set(oid, bytes);
  return new Response(null, { status: 200 });
}

function rangeAnswer(request: Request, bytes: Uint8Array | undefined): Response {
  if (!bytes) return json({ message: 'object does not exist' }, 404);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '');
  if (!range) return new Response(Uint8Array.from(bytes), { status: 200 });
  const start = Number(range[1]);
  const end = range[2] ? Math.min(Number(range[2]), bytes.length - 1) : bytes.length - 1;
  if (start > end) return new Response(null, { status: 416 });
  return new Response(Uint8Array.from(bytes.subarray(start, end + 1)), {
    status: 206,
    headers: { 'content-range': `bytes ${start}-${end}/${bytes.length}` },
  });
}

function json(body: unknown, status: number): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': MEDIA_TYPE } });
}
