import type { MgitEvent } from '../../base/events.ts';
import { formatBytes } from '../io.ts';

type ProgressEvent = Extract<MgitEvent, { type: 'progress' }>;

/** One phase of a long operation and when it began, in milliseconds. */
export interface PhaseProgress {
  readonly event: ProgressEvent;
  readonly startedAt: number;
  readonly now: number;
}

/** Follows the phases: a new name begins a new phase, and so does work that begins again, perhaps long after. */
export function nextPhase(
  previous: PhaseProgress | undefined,
  event: ProgressEvent,
  now: number,
): PhaseProgress {
  const continues = previous?.event.phase === event.phase && previous.event.done <= event.done;
  return { event, startedAt: continues ? previous.startedAt : now, now };
}

/** Between 0 and 1; undefined while the total is unknown. */
export function fractionOf(progress: PhaseProgress): number | undefined {
  const { done, total } = progress.event;
  return total === undefined || total === 0 ? undefined : Math.min(1, done / total);
}

/** "hashing 512.0 MiB of 1.0 GiB, 812.0 MiB/s, 1 s left". */
export function describePhase(progress: PhaseProgress): string {
  const { phase, done, total, unit } = progress.event;
  const amount = (value: number): string => (unit === 'bytes' ? formatBytes(value) : String(value));
  const seconds = (progress.now - progress.startedAt) / 1000;
  const rate = seconds > 0 ? done / seconds : 0;
  const speed = rate > 0 && unit === 'bytes' ? `, ${formatBytes(rate)}/s` : '';
  const left =
    rate > 0 && total !== undefined && done < total ? `, ${Math.ceil((total - done) / rate)} s left` : '';
  return `${phase} ${amount(done)}${total === undefined ? '' : ` of ${amount(total)}`}${unit === 'bytes' ? '' : ` ${unit}`}${speed}${left}`;
}
