import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Scene, scene, withoutIds } from '../../testkit/scene.ts';

/** Nine commits; from the sixth on the file says that it is broken. Returns their ids, the oldest first. */
async function history(kind: 'embedded' | 'system'): Promise<Scene & { readonly ids: readonly string[] }> {
  const day = await scene(kind);
  const ids: string[] = [];
  for (let number = 1; number <= 9; number++) {
    await day.write('state.txt', `${number}\n${number >= 6 ? 'broken' : 'sound'}\n`);
    if (number % 2 === 0) await day.write('other.txt', `${number}\n`);
    await day.mgit('add', '.');
    ids.push(JSON.parse(await day.mgit('commit', '-m', `Change ${number}`, '--json')).commit.id);
  }
  return { ...day, ids };
}

const isBisecting = (day: Scene): boolean => existsSync(join(day.path, '.git/BISECT_START'));

test.each(['embedded', 'system'] as const)('by hand, with %s history, in the words of Git', async kind => {
  await using day = await history(kind);
  const first = day.ids[0] as string;
  expect(withoutIds(await day.mgit('bisect', 'start', 'HEAD', first))).toBe(
    'Bisecting: 3 revisions left to test after this (roughly 2 steps)\n[<id>] Change 5',
  );
  expect((await day.read('state.txt')).toString()).toBe('5\nsound\n');
  expect(await day.git('bisect', 'log')).toBe(`${await day.mgit('bisect', 'log')}\n`);
  expect(withoutIds(await day.mgit('bisect', 'good'))).toMatch(
    /^Bisecting: 1 revision left .*\n\[<id>\] Change 7$/,
  );
  expect(withoutIds(await day.git('bisect', 'bad'))).toContain('Change 6'); // Plain git goes on.
  expect(withoutIds(await day.mgit('bisect', 'bad'))).toContain('<id> is the first bad commit\ncommit <id>');
  expect(await day.mgit('bisect', 'reset')).toBe('Back at main');
  expect(isBisecting(day)).toBe(false);
  expect(await day.git('for-each-ref', 'refs/bisect')).toBe('');
  expect((await day.git('symbolic-ref', 'HEAD')).trim()).toBe('refs/heads/main');
});

test('a command finds it, and gets its own options', async () => {
  await using day = await history('embedded');
  await day.mgit('bisect', 'start', 'HEAD', day.ids[0] as string);
  const found = await day.mgit('bisect', 'run', 'grep', '-q', 'sound', 'state.txt');
  expect(found).toContain(`${day.ids[5]} is the first bad commit`);
  expect(await day.mgit('bisect', 'log')).toContain(`# first bad commit: [${day.ids[5]}] Change 6`);
  await day.mgit('bisect', 'start', 'HEAD', day.ids[0] as string);
  const all = await day.mgit('bisect', 'run', 'sh', '-c', '[ "$1" != --json ]', 'sh', '--json'); // Bad everywhere.
  expect(all).toContain(`${day.ids[1]} is the first bad commit`);
});

test('where only skipped commits are left, nothing is claimed', async () => {
  await using day = await history('embedded');
  await day.mgit('bisect', 'start', 'HEAD', day.ids[0] as string);
  await day.mgit('bisect', 'skip', `${day.ids[3]}..${day.ids[6]}`);
  const run = await day.attempt('bisect', 'run', 'grep', '-q', 'sound', 'state.txt');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('error[BISECT_UNDECIDED]');
  for (const id of day.ids.slice(4, 8)) expect(run.stderr).toContain(id);
});

test('a command that cannot judge stops the run where it is', async () => {
  await using day = await history('embedded');
  await day.mgit('bisect', 'start', 'HEAD', day.ids[0] as string);
  for (const words of [['no-such-program'], ['sh', '-c', 'exit 127'], ['sh', '-c', 'exit 200']])
    expect((await day.attempt('bisect', 'run', ...words)).stderr).toContain('error[BISECT_RUN_FAILED]');
  expect(isBisecting(day)).toBe(true);
  expect((await day.attempt('bisect', 'run')).exitCode).toBe(2);
});

test('only commits that change a path count', async () => {
  await using day = await history('embedded');
  await day.mgit('bisect', 'start', 'HEAD', day.ids[0] as string, '--', 'other.txt');
  const found = await day.mgit('bisect', 'run', 'grep', '-q', 'sound', 'state.txt');
  expect(found).toContain(`${day.ids[5]} is the first bad commit`);
});

test('what makes no sense is refused, and local changes stay', async () => {
  await using day = await history('embedded');
  const [first, last] = [day.ids[0] as string, day.ids[8] as string];
  expect((await day.attempt('bisect', 'good')).stderr).toContain('error[BISECT_NONE]');
  expect(await day.mgit('bisect', 'reset')).toBe('We are not bisecting.');
  expect(await day.mgit('bisect', 'start')).toBe('status: waiting for both good and bad commits');
  expect(await day.mgit('bisect', 'bad')).toBe('status: waiting for a good commit');
  expect((await day.attempt('bisect', 'run', 'true')).stderr).toContain('error[BISECT_WAITING]');
  await day.mgit('bisect', 'reset');
  expect((await day.attempt('bisect', 'start', first, last)).stderr).toContain('error[BISECT_REVERSED]');
  await day.mgit('bisect', 'reset');
  await day.write('state.txt', 'local\n');
  expect((await day.attempt('bisect', 'start', last, first)).stderr).toContain('error[LOCAL_CHANGES]');
  expect((await day.read('state.txt')).toString()).toBe('local\n');
});

test('with good on another branch, the merge base is tested first', async () => {
  await using day = await history('embedded');
  await day.mgit('switch', '-c', 'side', day.ids[2] as string);
  await day.write('side.txt', 'x\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Side');
  const first = await day.mgit('bisect', 'start', 'main', 'side');
  expect(first).toContain(`Bisecting: a merge base must be tested\n[${day.ids[2]}]`);
  expect(await day.mgit('bisect', 'run', 'grep', '-q', 'sound', 'state.txt')).toContain(
    `${day.ids[5]} is the first bad commit`,
  );
});
