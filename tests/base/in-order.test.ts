import { expect, test } from 'vitest';
import { inOrder } from '../../src/base/in-order.ts';

test('results come in the order of the items, at most so many under way', async () => {
  let underWay = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++underWay);
    for (let turn = 0; turn < 5 - item; turn++) await Promise.resolve();
    underWay--;
    return item * 10;
  };
  for await (const result of inOrder([1, 2, 3, 4, 5], 2, work)) results.push(result);
  expect(results).toEqual([10, 20, 30, 40, 50]);
  expect(most).toBe(2);
});

test('a failure is thrown in its turn, after what is under way has ended', async () => {
  const ended: number[] = [];
  const work = async (item: number): Promise<number> => {
    await Promise.resolve();
    ended.push(item);
    if (item === 2) throw new Error('two');
    return item;
  };
  const seen: number[] = [];
  const run = async () => {
    for await (const result of inOrder([1, 2, 3, 4], 3, work)) seen.push(result);
  };
  await expect(run()).rejects.toThrow('two');
  expect(seen).toEqual([1]);
  expect(ended).toContain(3);
});
