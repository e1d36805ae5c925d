import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './clock.ts';

/** The system's clock. */
export function nodeClock(): Clock {
  return {
    now: () => Date.now(),
    timezoneOffsetMinutes: milliseconds => -new Date(milliseconds).getTimezoneOffset(),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}),
  };
}
