import { expect, test } from 'vitest';
import { scene } from '../testkit/scene.ts';

test('before the first commit reset unstages everything and leaves the files', async () => {
  await using day = await scene();
  await day.write('a.txt', 'a\n');
  await day.mgit('add', '.');
  expect(await day.mgit('reset')).toBe('');
  expect(await day.git('status', '--short')).toBe('?? a.txt\n');
});
