import type { MgitEvent, OnEvent } from '../../base/events.ts';
import { type CliIo, paint } from '../io.ts';

/** Renders events as plain lines on stderr: warnings and steps at once, a progress line per phase when it ends. */
export function progressView(io: CliIo): OnEvent {
  return event => {
    const line = lineOf(io, event);
    if (line !== undefined) io.stderr.write(`${line}\n`);
  };
}

function lineOf(io: CliIo, event: MgitEvent): string | undefined {
  if (event.type === 'step') return event.message;
  if (event.type === 'warning')
    return `${paint(io, 'yellow', `warning[${event.code}]`)}: ${event.message}${event.hint ? `\n${paint(io, 'cyan', 'hint')}: ${event.hint}` : ''}`;
  return undefined;
}
