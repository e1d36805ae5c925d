import { expect, test } from 'vitest';
import { fillDiskOften } from '../testkit/crash/full-disk.ts';

/** A machine under load takes a multiple of the usual quarter of a minute. */
const TIMEOUT = 240_000;

/** All commands, and every operation of theirs, are in `tests/soak`. */
const SCENARIOS = ['add', 'merge', 'gc', 'fetch'];

test('a full disk is told of, nothing unfinished is left, and the command succeeds when there is space', {
  timeout: TIMEOUT,
}, async () => {
  const reports = await fillDiskOften({ scenarios: SCENARIOS, every: 9, megabytes: 0.1 });
  expect([...reports.keys()]).toEqual(SCENARIOS);
  for (const { problems, failures } of reports.values()) {
    expect(problems).toEqual([]);
    expect(failures).toBeGreaterThan(0);
  }
});
