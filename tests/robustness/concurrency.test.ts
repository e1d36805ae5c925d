import { expect, test } from 'vitest';
import { workTogether } from '../testkit/concurrency/work-together.ts';

/** A machine under load takes a multiple of the usual quarter of a minute. */
const TIMEOUT = 240_000;

test('processes on shared work trees, linked ones and clones lose nothing to each other', {
  timeout: TIMEOUT,
}, async () => {
  const report = await workTogether({ workers: 4, steps: 3, seconds: 0, seed: 1 });
  expect(report.problems).toEqual([]);
  expect(report.commits).toBeGreaterThan(0);
});
