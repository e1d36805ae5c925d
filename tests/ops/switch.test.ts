import { expect, test } from 'vitest';
import { scene } from '../testkit/scene.ts';

test.each(['embedded', 'system'] as const)('"-" goes back to where HEAD was (%s)', async history => {
  await using day = await scene(history);
  expect((await day.attempt('switch', '-')).stderr).toContain('error[PREVIOUS_UNKNOWN]');
  await day.write('a.txt', 'a\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'a');
  await day.mgit('switch', '-c', 'side');
  expect(await day.mgit('switch', '-')).toBe("Switched to branch 'main'");
  expect(await day.mgit('checkout', '-')).toBe("Switched to branch 'side'");
  await day.mgit('switch', '--detach', 'HEAD');
  await day.mgit('switch', 'main');
  expect(await day.mgit('switch', '-')).toMatch(/^HEAD is now at/);
});

test('a branch that another work tree shows is refused', async () => {
  await using day = await scene();
  await day.write('a.txt', 'a\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'a');
  await day.git('worktree', 'add', '-q', '../linked', '-b', 'linked');
  expect((await day.attempt('switch', 'linked')).stderr).toContain('error[BRANCH_CHECKED_OUT]');
  const there = await day.attempt('-C', '../linked', 'switch', 'main');
  expect(there.stderr).toContain('error[BRANCH_CHECKED_OUT]');
  expect((await day.attempt('-C', '../linked', 'switch', '-c', 'free')).exitCode).toBe(0);
  expect(await day.mgit('switch', 'linked')).toBe("Switched to branch 'linked'");
});
