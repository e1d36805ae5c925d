/** Answers web requests; what a test server and a fake `fetch` have in common. */
export type Handler = (request: Request) => Promise<Response>;

/** What goes wrong with one request. */
export type Fault =
  | { readonly kind: 'drop' }
  | { readonly kind: 'before'; readonly action: () => Promise<void> }
  | { readonly kind: 'drop-answer' }
  | { readonly kind: 'drop-after'; readonly bytes: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'ignore-range' }
  | { readonly kind: 'corrupt' };

/** One request as the plan of faults sees it; `index` counts from 0. */
export interface SeenRequest {
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly range: string | null;
}

export type FaultPlan = (request: SeenRequest) => Fault | undefined;

/** A handler whose requests are recorded and fail as planned. */
export interface FaultyHandler {
  readonly handle: Handler;
  readonly seen: SeenRequest[];
  /** Replaces the plan and forgets what was seen. */
  setPlan(plan: FaultPlan): void;
}

/** Puts a plan of faults in front of a handler. A handler that throws means a connection that is cut. */
export function withFaults(handler: Handler): FaultyHandler {
  let plan: FaultPlan = () => undefined;
  const seen: SeenRequest[] = [];
  return {
    seen,
    setPlan: next => {
      plan = next;
      seen.length = 0;
    },
    handle: async request => {
      const { pathname } = new URL(request.url);
      const entry = {
        index: seen.length,
        method: request.method,
        path: pathname,
        range: request.headers.get('range'),
      };
      seen.push(entry);
      return applyFault(plan(entry), request, handler);
    },
  };
}

async function applyFault(fault: Fault | undefined, request: Request, handler: Handler): Promise<Response> {
  switch (fault?.kind) {
    case undefined:
      return handler(request);
    case 'before':
      await fault.action();
      return handler(request);
    case 'drop':
      throw new Error('connection cut before the request was handled');
    case 'drop-answer':
      await handler(request);
      throw new Error('connection cut after the request was handled');
    case 'status':
      return new Response('planned failure', { status: fault.status, headers: fault.headers ?? {} });
    case 'ignore-range':
      request.headers.delete('range');
      return handler(request);
    case 'drop-after':
      return cutAfter(await handler(request), fault.bytes);
    case 'corrupt':
      return corrupted(await handler(request));
  }
}

async function cutAfter(response: Response, bytes: number): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer());
  const stream = ReadableStream.from(
    (async function* () {
      yield body.subarray(0, bytes);
      throw new TypeError('terminated');
    })(),
  );
  return new Response(stream, { status: response.status, headers: response.headers });
}

async function corrupted(response: Response): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer());
  const middle = Math.floor(body.length / 2);
  body[middle] = (body[middle] ?? 0) ^ 0xff;
  return new Response(body, { status: response.status, headers: response.headers });
}
