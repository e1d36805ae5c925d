import { expect, test } from 'vitest';
import { HELD_BUFFERS, shareOut } from '../../../src/store/extents/work-force.ts';

const MIB = 1024 * 1024;

test('more threads leave fewer buffers within the same memory', () => {
  const shares = [1, 2, 4, 64].map(parallelism => shareOut(parallelism, 512 * MIB));
  expect(shares).toEqual([
    { width: 1, slots: 29 },
    { width: 2, slots: 25 },
    { width: 4, slots: 17 },
    { width: 4, slots: 17 },
  ]);
});

test('with little memory there is still a thread, and buffers for two extents', () => {
  expect(shareOut(16, 1)).toEqual({ width: 1, slots: 2 * HELD_BUFFERS });
});
