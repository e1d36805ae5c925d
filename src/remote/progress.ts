import type { OnEvent } from '../base/events.ts';

/** Turns counts of bytes into progress events; a negative count takes back what has to be sent again. */
export function transferProgress(
  phase: string,
  total: number,
  onEvent: OnEvent | undefined,
): (count: number) => void {
  let done = 0;
  return count => {
    done += count;
    onEvent?.({ type: 'progress', phase, done, total, unit: 'bytes' });
  };
}
