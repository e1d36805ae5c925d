import { expect, test } from 'vitest';
import { keptMemory } from '../../src/merge/chunk-memory.ts';

test('memory comes back to who wants as much, within the bound', () => {
  const memory = keptMemory(300_000);
  const [first, second] = [memory.take(200_000), memory.take(200_000)];
  memory.giveBack(first);
  memory.giveBack(second); // Beyond the bound: the system's again.
  expect(second.length).toBe(0);
  expect(memory.take(100_000)).not.toBe(first);
  expect(memory.take(200_000)).toBe(first);
  expect(memory.take(200_000)).not.toBe(first);
});
