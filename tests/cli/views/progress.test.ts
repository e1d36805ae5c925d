import { render } from 'ink-testing-library';
import { expect, test } from 'vitest';
import { progressView } from '../../../src/cli/views/progress.ts';
import { progressElement } from '../../../src/cli/views/progress-bar.ts';
import { describePhase, nextPhase } from '../../../src/cli/views/progress-state.ts';
import { NO_PIPE } from '../../testkit/world.ts';

const hashing = (done: number) =>
  ({ type: 'progress', phase: 'hashing', done, total: 1000, unit: 'bytes' }) as const;

test('a phase is described with rate and time left', () => {
  const begun = nextPhase(undefined, hashing(0), 0);
  expect(describePhase(nextPhase(begun, hashing(250), 1000))).toBe(
    'hashing 250 B of 1000 B, 250 B/s, 3 s left',
  );
});

test('a new phase starts its own time', () => {
  const first = nextPhase(undefined, hashing(10), 0);
  const second = nextPhase(
    first,
    { type: 'progress', phase: 'writing', done: 1, total: undefined, unit: 'items' },
    5000,
  );
  expect(second.startedAt).toBe(5000);
  expect(describePhase(second)).toBe('writing 1 items');
});

test('the same work on something else is timed from its own beginning', () => {
  const first = nextPhase(undefined, hashing(900), 0);
  const again = nextPhase(first, hashing(10), 60_000);
  expect(again.startedAt).toBe(60_000);
  expect(describePhase(nextPhase(again, hashing(20), 60_100))).toContain(', 200 B/s, ');
});

test('on a pipe, steps are lines at once and a long phase a line now and then', () => {
  let [now, printed] = [0, ''];
  const stream = { write: (text: string) => (printed += text), isTty: false, columns: 80 };
  const clock = { now: () => now, timezoneOffsetMinutes: () => 0, sleep: async () => {} };
  const view = progressView(
    { stdout: stream, stderr: stream, color: false, readStdin: async () => new Uint8Array(), pipe: NO_PIPE },
    clock,
  );
  view.onEvent(hashing(0));
  now = 6000;
  view.onEvent(hashing(600));
  view.onEvent({ type: 'warning', code: 'ODD', message: 'odd', hint: 'look' });
  expect(printed).toBe('hashing 600 B of 1000 B, 100 B/s, 4 s left\nwarning[ODD]: odd\nhint: look\n');
});

test('on a terminal, a bar stands below the finished lines', () => {
  const phase = nextPhase(nextPhase(undefined, hashing(0), 0), hashing(500), 1000);
  const { lastFrame } = render(progressElement(['one'], phase));
  expect(lastFrame()).toContain('█'.repeat(14) + '░'.repeat(14));
});
