import { Box, render, Static, Text } from 'ink';
import { createElement, type ReactElement } from 'react';
import { describePhase, fractionOf, type PhaseProgress } from './progress-state.ts';

/** A live progress bar at the bottom of a terminal. */
export interface ProgressBar {
  update(progress: PhaseProgress): void;
  /** Prints a line above the bar. */
  print(line: string): void;
  close(): void;
}

const WIDTH = 28;

/** Opens the bar on `terminal`. */
export function openProgressBar(terminal: NodeJS.WriteStream): ProgressBar {
  let lines: readonly string[] = [];
  let progress: PhaseProgress | undefined;
  const instance = render(createElement(Box), { stdout: terminal, exitOnCtrlC: false, patchConsole: false });
  const draw = (): void => instance.rerender(progressElement(lines, progress));
  return {
    update: next => {
      progress = next;
      draw();
    },
    print: line => {
      lines = [...lines, line];
      draw();
    },
    close: () => {
      progress = undefined;
      draw();
      instance.unmount();
    },
  };
}

/** What the terminal shows: finished lines, then the bar of the running phase. */
export function progressElement(lines: readonly string[], progress: PhaseProgress | undefined): ReactElement {
  const finished = {
    items: [...lines],
    children: (line: string, index: number) => createElement(Text, { key: index }, line),
  };
  const printed = createElement(Static<string>, finished);
  return createElement(Box, { flexDirection: 'column' }, printed, progress ? barElement(progress) : null);
}

function barElement(progress: PhaseProgress): ReactElement {
  const fraction = fractionOf(progress);
  const filled = Math.round((fraction ?? 0) * WIDTH);
  const bar = fraction === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} `;
  return createElement(
    Box,
    {},
    createElement(Text, { color: 'cyan' }, bar),
    createElement(Text, {}, describePhase(progress)),
  );
}
