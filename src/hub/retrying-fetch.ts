import type { Clock } from '../base/ports/clock.ts';

const ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;
const RETRIED_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * A fetch that repeats a request which failed on the way or met an overloaded server, with growing pauses and `Retry-After` honoured. Requests whose body
 * is a stream are sent once: their bytes are gone. Every request of the hub's commit protocol may be repeated.
 */
export function retryingFetch(inner: typeof fetch, clock: Clock): typeof fetch {
  return async (input, init) => {
    const repeatable = !(init?.body instanceof ReadableStream);
    for (let attempt = 1; ; attempt++) {
      const last = !repeatable || attempt === ATTEMPTS;
      const outcome = await attempted(inner, input, init);
      const wait = outcome instanceof Response ? waitOf(outcome, attempt) : waitOf(undefined, attempt);
      if (last || wait === undefined || init?.signal?.aborted) return settled(outcome);
      await clock.sleep(wait, init?.signal ?? undefined);
    }
  };
}

async function attempted(
  inner: typeof fetch,
  ...request: Parameters<typeof fetch>
): Promise<Response | { readonly error: unknown }> {
  try {
    return await inner(...request);
  } catch (error) {
    return { error };
  }
}

function settled(outcome: Response | { readonly error: unknown }): Response {
  if (outcome instanceof Response) return outcome;
  throw outcome.error;
}

/** Milliseconds to wait before the next attempt; undefined when the answer is final. */
function waitOf(response: Response | undefined, attempt: number): number | undefined {
  if (response && !RETRIED_STATUS.has(response.status)) return undefined;
  const asked = Number(response?.headers.get('retry-after'));
  return asked > 0 ? Math.min(asked, 60) * 1000 : FIRST_WAIT_MS * 2 ** (attempt - 1);
}
