import type { Handler } from './http-faults.ts';

/** A `fetch` that never leaves the process: a handler that throws is a broken connection. */
export function fakeFetch(handler: Handler): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    init?.signal?.throwIfAborted();
    try {
      return await handler(request);
    } catch (error) {
      throw new TypeError('fetch failed', { cause: error });
    }
  };
}
