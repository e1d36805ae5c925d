import type { Ports } from '../../base/ports/ports.ts';

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;
const LONGEST_RETRY_AFTER_MS = 300_000;

/** Counts the failures of one piece of work and waits between its attempts. */
export interface Backoff {
  /** Waits before the next attempt, at least `retryAfterMs`; false, at once, when there is to be none. */
  again(retryAfterMs?: number): Promise<boolean>;
  /** The work moved on: failures count from zero. */
  progressed(): void;
}

/** Six attempts, with delays that double from a quarter of a second to half a minute and a random half on top. */
export function startBackoff(ports: Pick<Ports, 'clock' | 'randomBytes'>, signal?: AbortSignal): Backoff {
  let failures = 0;
  return {
    progressed: () => {
      failures = 0;
    },
    again: async (retryAfterMs = 0) => {
      if (++failures >= ATTEMPTS || retryAfterMs > LONGEST_RETRY_AFTER_MS) return false;
      const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
      const jitter = (delay * (ports.randomBytes(1)[0] ?? 0)) / 512;
      await ports.clock.sleep(Math.max(delay + jitter, retryAfterMs), signal).catch(error => {
        signal?.throwIfAborted();
        throw error;
      });
      return true;
    },
  };
}

/** Milliseconds that a `Retry-After` header asks for (seconds or an HTTP date). Source: RFC 9110, section 10.2.3. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
