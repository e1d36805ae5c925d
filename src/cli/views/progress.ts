import type { MgitEvent, OnEvent } from '../../base/events.ts';
import type { Clock } from '../../base/ports/clock.ts';
import { type CliIo, paint } from '../io.ts';
import { printable } from './printable.ts';
import type { ProgressBar } from './progress-bar.ts';
import { describePhase, nextPhase, type PhaseProgress } from './progress-state.ts';

/** Where events go, and what must be cleared away before the result is printed. */
export interface EventView {
  readonly onEvent: OnEvent;
  finish(): Promise<void>;
}

/** Long work shows up after this many milliseconds, and then as often on a pipe. */
const QUIET_MS = 1_000;
const LINE_EVERY_MS = 5_000;

/** A live bar on a terminal; plain lines on anything else. Both on stderr. */
export function progressView(io: CliIo, clock: Clock): EventView {
  return io.stderr.terminal ? terminalView(io, clock, io.stderr.terminal) : lineView(io, clock);
}

function lineView(io: CliIo, clock: Clock): EventView {
  let phase: PhaseProgress | undefined;
  let printedAt = 0;
  return {
    onEvent: event => {
      if (event.type !== 'progress') return io.stderr.write(`${lineOf(io, event)}\n`);
      const previous = phase;
      phase = nextPhase(previous, event, clock.now());
      if (previous?.startedAt !== phase.startedAt) printedAt = phase.startedAt;
      if (phase.now - printedAt < LINE_EVERY_MS) return;
      printedAt = phase.now;
      io.stderr.write(`${describePhase(phase)}\n`);
    },
    finish: async () => {},
  };
}

/** Ink is loaded when the first phase has lasted long enough to be worth showing. */
function terminalView(io: CliIo, clock: Clock, terminal: NodeJS.WriteStream): EventView {
  let phase: PhaseProgress | undefined;
  let bar: Promise<ProgressBar> | undefined;
  const show = async (): Promise<void> => {
    bar ??= import('./progress-bar.ts').then(module => module.openProgressBar(terminal));
    (await bar).update(phase as PhaseProgress);
  };
  return {
    onEvent: event => {
      if (event.type !== 'progress') return void printAbove(io, bar, lineOf(io, event));
      phase = nextPhase(phase, event, clock.now());
      if (bar || phase.now - phase.startedAt > QUIET_MS) void show();
    },
    finish: async () => (await bar)?.close(),
  };
}

async function printAbove(io: CliIo, bar: Promise<ProgressBar> | undefined, line: string): Promise<void> {
  if (bar) (await bar).print(line);
  else io.stderr.write(`${line}\n`);
}

function lineOf(io: CliIo, event: Exclude<MgitEvent, { type: 'progress' }>): string {
  if (event.type === 'step') return printable(event.message);
  const hint = event.hint ? `\n${paint(io, 'cyan', 'hint')}: ${printable(event.hint)}` : '';
  return `${paint(io, 'yellow', `warning[${event.code}]`)}: ${printable(event.message)}${hint}`;
}
