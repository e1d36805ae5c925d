import { expect, test } from 'vitest';
import { type Scene, scene } from '../../testkit/scene.ts';

/** `topic` has three commits, whose second changed the same line as `main` did. */
async function conflicted(history?: 'embedded'): Promise<Scene> {
  const day = await scene(history);
  const commit = async (file: string, text: string): Promise<void> => {
    await day.write(file, `${text}\n`);
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', text);
  };
  await commit('notes.txt', 'base');
  await day.mgit('switch', '-c', 'topic');
  await commit('new.txt', 'new');
  await commit('notes.txt', 'topic');
  await commit('later.txt', 'later');
  await day.mgit('switch', 'main');
  await commit('notes.txt', 'main');
  return day;
}

const subjects = (day: Scene, count: number): Promise<string> =>
  day.git('log', `-${count}`, '--format=%s').then(text => text.trim().split('\n').join(', '));

test('plain git sees what waits, and may conclude it', async () => {
  await using day = await conflicted();
  expect((await day.attempt('cherry-pick', 'topic~1')).exitCode).toBe(4);
  expect(await day.git('status')).toContain('You are currently cherry-picking commit');
  await day.write('notes.txt', 'both\n');
  await day.git('commit', '-aq', '--no-edit');
  expect(await subjects(day, 2)).toBe('topic, main');
  expect((await day.attempt('cherry-pick', '--continue')).stderr).toContain('error[REPLAY_NONE]');
});

test('of several, mgit goes on with those that plain git left, and plain git with those of mgit', async () => {
  await using day = await conflicted();
  await day.attempt('cherry-pick', 'main..topic');
  await day.write('notes.txt', 'both\n');
  await day.git('commit', '-aq', '--no-edit');
  await day.mgit('cherry-pick', '--continue');
  expect(await subjects(day, 3)).toBe('later, topic, new');
  await day.mgit('reset', '--hard', 'main~3');
  await day.attempt('cherry-pick', 'main..topic');
  await day.write('notes.txt', 'both\n');
  await day.git('add', '.');
  await day.git('-c', 'core.editor=true', 'cherry-pick', '--continue');
  expect(await subjects(day, 3)).toBe('later, topic, new');
  expect(await day.mgit('status')).toContain('working tree clean');
});

test('plain git gives up what mgit began; what plain git began is not left or taken for ours', async () => {
  await using day = await conflicted();
  await day.attempt('cherry-pick', 'main..topic');
  await day.git('status'); // Learns that files are as the index has them, which `--abort` does not ask anew.
  await day.git('cherry-pick', '--abort');
  expect(await subjects(day, 1)).toBe('main');
  await expect(day.git('cherry-pick', 'topic~1')).rejects.toThrow();
  for (const argv of [
    ['switch', 'topic'],
    ['cherry-pick', 'topic'],
    ['merge', 'topic'],
  ])
    expect((await day.attempt(...argv)).stderr).toContain('error[REPLAY_IN_PROGRESS]');
  await day.write('notes.txt', 'both\n');
  await day.mgit('commit', '-a', '--no-edit');
  expect(await subjects(day, 2)).toBe('topic, main');
  expect(await day.git('status')).not.toContain('cherry-pick');
});

test('a rebase that waits is one to plain git, which may go on with it or give it up', async () => {
  await using day = await conflicted('embedded');
  expect((await day.attempt('rebase', 'main', 'topic')).exitCode).toBe(4);
  const shown = await day.git('status');
  expect(shown).toContain('Last commands done (2 commands done)');
  expect(shown).toMatch(/You are currently rebasing branch 'topic' on '[0-9a-f]{7}'/);
  expect(await day.mgit('status')).toContain('Rebasing');
  await day.git('rebase', '--abort');
  expect(await day.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('topic\n');
  await day.attempt('rebase', 'main');
  await day.write('notes.txt', 'both\n');
  await day.git('add', '.');
  await day.git('-c', 'core.editor=true', 'rebase', '--continue');
  expect(await subjects(day, 4)).toBe('later, topic, new, main');
  expect(await day.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('topic\n');
  expect((await day.attempt('rebase', '--continue')).stderr).toContain('error[REPLAY_NONE]');
});

test('a rebase that plain git began is not begun again', async () => {
  await using day = await conflicted();
  await expect(day.git('rebase', 'main', 'topic')).rejects.toThrow();
  expect((await day.attempt('rebase', 'main')).stderr).toContain('error[REPLAY_IN_PROGRESS]');
});
