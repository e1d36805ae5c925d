import { expect, test } from 'vitest';
import { parsePruneTime } from '../../../src/ops/maintenance/prune-time.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const DAY = 24 * 3600 * 1000;

test.each([
  ['2.weeks.ago', NOW - 14 * DAY],
  ['1 day ago', NOW - DAY],
  ['90 seconds ago', NOW - 90_000],
  ['2026-06-01', Date.UTC(2026, 5, 1)],
  ['2026-06-01T06:00:00Z', Date.UTC(2026, 5, 1, 6)],
  ['now', Number.POSITIVE_INFINITY],
  ['never', Number.NEGATIVE_INFINITY],
])('%s', (text, time) => {
  expect(parsePruneTime(text, NOW)).toBe(time);
});

test.each(['', 'now please', '3 fortnights ago', '-1 days ago', '2026-13-01', 'yesterday'])(
  '%j is no time',
  text => {
    expect(() => parsePruneTime(text, NOW)).toThrow(expect.objectContaining({ code: 'DATE_INVALID' }));
  },
);
