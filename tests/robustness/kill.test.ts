import { expect, test } from 'vitest';
import { killMany } from '../testkit/crash/kill-many.ts';

/** A machine under load takes a multiple of the usual quarter of a minute. */
const TIMEOUT = 240_000;

test('a command that is killed leaves the state before or after it, and can be repeated', {
  timeout: TIMEOUT,
}, async () => {
  const scenarios = ['commit -a', 'switch', 'merge', 'rebase', 'push', 'clone', 'patch apply'];
  const report = await killMany({ kills: 12, seed: 1, megabytes: 1, history: 'system', scenarios });
  expect(report.problems).toEqual([]);
});
