import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ObjectId } from '../../../src/base/ids.ts';
import { openRepository } from '../../../src/ops/repository.ts';
import { checkoutTree } from '../../../src/ops/worktree/checkout.ts';
import { gitWithInput } from '../../testkit/git.ts';
import { scene } from '../../testkit/scene.ts';
import { runMgit, temporaryDirectory } from '../../testkit/world.ts';

test('a tree whose paths lead out of the work tree or into .git is refused before the first write', async () => {
  await using day = await scene();
  await using repository = await openRepository(day.ports, day.path);
  const blob = await repository.history.writeBlob(Buffer.from('evil'));
  for (const name of ['.git', '..', '.GIT', 'git~1']) {
    const inner = await gitWithInput(day.ports, day.path, `100644 blob ${blob}\thooks\n`, 'mktree');
    const outer = await gitWithInput(
      day.ports,
      day.path,
      `100644 blob ${blob}\tfine\n040000 tree ${inner.trim()}\t${name}\n`,
      'mktree',
    );
    const to = outer.trim() as ObjectId;
    await expect(checkoutTree(repository, { from: null, to })).rejects.toMatchObject({
      code: 'TREE_INVALID',
    });
    await expect(day.read('fine')).rejects.toMatchObject({ code: 'ENOENT' });
  }
});

test('nothing is written through a symbolic link', async () => {
  await using day = await scene();
  await using outside = await temporaryDirectory();
  await day.write('folder/file', 'tracked');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'one');
  await day.mgit('rm', '-r', 'folder');
  await day.mgit('commit', '-m', 'two');
  await symlink(outside.path, join(day.path, 'folder'));
  const run = await day.attempt('switch', '--detach', 'HEAD~1');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('error[LOCAL_CHANGES]');
  const forced = await day.attempt('reset', '--hard', 'HEAD~1');
  expect(forced.stderr).toContain('error[PATH_BLOCKED]');
  expect(await day.ports.fs.readDirectory(outside.path)).toEqual([]);
});

test('a protected branch does not move by hand', async () => {
  await using day = await scene();
  const { mgit } = day;
  await day.write(
    'mgit.yaml',
    [
      'version: 1',
      'gates:',
      '  - name: check',
      '    command: ["true"]',
      '    accept: [{ metric: accuracy, against: base, margin: 0.1 }]',
      'protect:',
      '  main: { gates: [check], trusted_keys: keys/ }',
      '',
    ].join('\n'),
  );
  await mgit('add', '.');
  await mgit('commit', '-m', 'Protect main');
  await day.write('a.txt', 'x');
  await mgit('add', '.');
  const run = await day.attempt('commit', '-m', 'Sneak in');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatchInlineSnapshot(`
    "error[BRANCH_PROTECTED]: main is protected: it moves only by merges that pass its gates
    hint: work on a branch ("mgit switch -c <name>"), commit there, then "mgit switch main" and "mgit merge <name>"
    "
  `);
  await mgit('switch', '-c', 'work');
  await mgit('commit', '-m', 'Work');
  expect((await day.attempt('branch', '-f', 'main', 'work')).stderr).toContain('error[BRANCH_PROTECTED]');
  expect((await day.attempt('branch', '-D', 'main')).stderr).toContain('error[BRANCH_PROTECTED]');
  expect((await day.attempt('branch', '-m', 'main', 'other')).stderr).toContain('error[BRANCH_PROTECTED]');
  await mgit('switch', 'main');
  expect((await day.attempt('reset', '--hard', 'work')).stderr).toContain('error[BRANCH_PROTECTED]');
});

test('an editor writes the message where none is given', async () => {
  await using day = await scene();
  await day.write('a.txt', 'x');
  await day.mgit('add', '.');
  expect((await day.attempt('commit')).stderr).toContain('error[MESSAGE_EMPTY]');
  await day.mgit('config', 'core.editor', 'false');
  const editor = {
    ...day.ports,
    env: { ...day.ports.env, GIT_EDITOR: 'printf "Written\\n# not this\\n" >' },
  };
  expect((await runMgit(editor, day.path, 'commit')).exitCode).toBe(0);
  expect(await day.git('log', '-1', '--format=%B')).toBe('Written\n\n');
});

test('status tells how the branch stands to the one it follows', async () => {
  await using day = await scene();
  const { mgit } = day;
  await day.write('a.txt', 'x');
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await day.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  await mgit('config', 'branch.main.remote', 'origin');
  await mgit('config', 'branch.main.merge', 'refs/heads/main');
  expect(await mgit('status')).toContain("Your branch is up to date with 'origin/main'");
  await mgit('commit', '--allow-empty', '-m', 'two');
  expect(await mgit('status')).toContain("Your branch is ahead of 'origin/main' by 1 commit");
  await mgit('reset', '--hard', 'HEAD~1');
  await mgit('commit', '--allow-empty', '-m', 'other');
  await day.git('update-ref', 'refs/remotes/origin/main', 'HEAD@{1}');
  expect(JSON.parse(await mgit('status', '--json'))).toMatchObject({ upstream: { name: 'origin/main' } });
});
