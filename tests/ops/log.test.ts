import { expect, test } from 'vitest';
import { scene } from '../testkit/scene.ts';

test('a word that is neither a revision nor a file is no empty history', async () => {
  await using day = await scene();
  await day.write('a file.txt', 'a\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'a');
  expect((await day.attempt('log', 'nosuch')).stderr).toContain('error[ARGUMENT_AMBIGUOUS]');
  expect(await day.mgit('log', '--oneline', 'a file.txt')).toMatch(/ a$/);
  expect(await day.mgit('log', '--', 'nosuch')).toBe('');
  expect(await day.mgit('diff', 'a file.txt')).toBe('');
});

test('-<number> bounds the history, as in Git', async () => {
  await using day = await scene();
  for (const name of ['a', 'b', 'c']) {
    await day.write(name, name);
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', name);
  }
  expect(await day.mgit('log', '--oneline', '-2')).toMatch(/ c\n.* b$/);
  expect(await day.mgit('log', '--oneline', '-1', 'a')).toMatch(/ a$/);
});
