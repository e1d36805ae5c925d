import { expect, test } from 'vitest';
import { type Scene, scene } from '../../testkit/scene.ts';

/** `main` and `side` changed one line each their way; `other` added a file. */
async function diverged(day: Scene): Promise<void> {
  await day.write('notes.txt', 'one\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'begin');
  await day.mgit('branch', 'other');
  await day.mgit('switch', '-c', 'side');
  await day.write('notes.txt', 'side\n');
  await day.mgit('commit', '-am', 'side');
  await day.mgit('switch', 'other');
  await day.write('other.txt', 'other\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'other');
  await day.mgit('switch', 'main');
  await day.write('notes.txt', 'main\n');
  await day.mgit('commit', '-am', 'main');
}

test('a merge that plain git began is not left, lost or taken for one of ours', async () => {
  await using day = await scene();
  await diverged(day);
  await day.git('merge', '--no-commit', '--no-ff', 'other');
  expect(await day.mgit('status')).toContain('Merging with plain git');
  for (const argv of [
    ['switch', 'side'],
    ['merge', 'side'],
    ['commit', '--amend', '-m', 'x'],
    ['reset', '--soft', 'HEAD'],
  ])
    expect((await day.attempt(...argv)).stderr).toContain('error[MERGE_IN_PROGRESS]');
  expect((await day.attempt('merge', '--abort')).stderr).toContain('git merge --abort');
  await day.mgit('commit', '-m', 'merged');
  expect(await day.git('log', '-1', '--format=%P')).toMatch(/^[0-9a-f]{40} [0-9a-f]{40}\n$/);
  expect(await day.mgit('status')).toContain('working tree clean');
});

test('reset --hard ends a merge, by whomever it was begun', async () => {
  await using day = await scene();
  await diverged(day);
  await day.git('merge', '--no-commit', '--no-ff', 'other');
  await day.mgit('reset', '--hard');
  expect(await day.git('status')).not.toContain('still merging');
  expect((await day.attempt('merge', 'side')).exitCode).toBe(4);
  await day.mgit('reset', '--hard');
  expect(await day.git('status')).not.toContain('merg');
  expect((await day.attempt('merge', '--continue')).stderr).toContain('error[MERGE_NONE]');
});

test('what is left of a merge that git concluded is no part of the next one', async () => {
  await using day = await scene();
  await diverged(day);
  expect((await day.attempt('merge', 'side')).exitCode).toBe(4);
  await day.write('notes.txt', 'both\n');
  await day.git('add', 'notes.txt');
  await day.git('commit', '-qm', 'by git');
  await day.git('merge', '--no-commit', '--no-ff', 'other');
  expect(await day.mgit('status')).toContain('Merging with plain git');
  expect((await day.attempt('merge', '--abort')).stderr).toContain('error[MERGE_NONE]');
});
