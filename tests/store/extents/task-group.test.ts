import { expect, test } from 'vitest';
import { taskGroup } from '../../../src/store/extents/task-group.ts';

test('there is room for another task when fewer than the limit are under way', async () => {
  const tasks = taskGroup(2);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await tasks.start(first.promise);
  let hasRoom = false;
  const room = tasks.start(second.promise).then(() => {
    hasRoom = true;
  });
  await new Promise(setImmediate);
  expect(hasRoom).toBe(false);
  first.resolve();
  await room;
  second.resolve();
  await tasks.settled();
});

test('a failure is thrown by whoever looks next', async () => {
  const tasks = taskGroup(2);
  await tasks.start(Promise.reject(new Error('the disk is full')));
  await Promise.resolve();
  await expect(tasks.start(Promise.resolve())).rejects.toThrow('the disk is full');
  await expect(tasks.settled()).rejects.toThrow('the disk is full');
});
