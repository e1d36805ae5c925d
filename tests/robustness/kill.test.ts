import { expect, test } from 'vitest';
import { killMany } from '../testkit/crash/kill-many.ts';

test('a command that is killed leaves the state before or after it, and can be repeated', async () => {
  expect((await killMany({ kills: 10, seed: 1, megabytes: 1, history: 'system' })).problems).toEqual([]);
});
