import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { picoModel } from '../testkit/pico-model.ts';
import { scene, withoutIds } from '../testkit/scene.ts';
import { runMgit } from '../testkit/world.ts';

test.each(['embedded', 'system'] as const)('a day with a model, with %s history', async history => {
  await using day = await scene(history);
  const mgit = async (...argv: string[]): Promise<string> => withoutIds(await day.mgit(...argv));
  expect(await mgit('track', '*.safetensors')).toBe('Tracking *.safetensors');
  await day.write('model.safetensors', picoModel(1));
  await day.write('README.md', 'A model.\n');
  expect(await mgit('status')).toMatchInlineSnapshot(`
    "On branch main

    No commits yet

    Untracked files:
      .gitattributes
      README.md
      model.safetensors

    nothing added to commit but untracked files present (use "mgit add")"
  `);
  expect(await mgit('add', '.')).toMatchInlineSnapshot(`"model.safetensors  3 tensors  336 B new"`);
  expect(await mgit('status')).toMatchInlineSnapshot(`
    "On branch main

    No commits yet

    Changes to be committed:
      new file:  .gitattributes
      new file:  README.md
      new file:  model.safetensors  (3 tensors, all new)"
  `);
  expect(await mgit('commit', '-m', 'Begin')).toMatchInlineSnapshot(`
    "[main (root-commit) <short id>] Begin
     3 files changed
     new file:  .gitattributes
     new file:  README.md
     new file:  model.safetensors  (3 tensors, all new)"
  `);
  expect(await mgit('status')).toMatchInlineSnapshot(`
    "On branch main
    nothing to commit, working tree clean"
  `);
  expect(await mgit('switch', '-c', 'better')).toMatchInlineSnapshot(`"Switched to a new branch 'better'"`);
  await day.write('model.safetensors', picoModel(2));
  expect(await mgit('status')).toMatchInlineSnapshot(`
    "On branch better

    Changes not staged for commit:
      modified:  model.safetensors  (3 of 3 tensors changed)

    no changes added to commit (use "mgit add" or "mgit commit -a")"
  `);
  expect(await mgit('commit', '-am', 'Tune b')).toMatchInlineSnapshot(`
    "[better <short id>] Tune b
     1 file changed
     modified:  model.safetensors  (3 of 3 tensors changed)"
  `);
  expect(await mgit('switch', 'main')).toMatchInlineSnapshot(`"Switched to branch 'main'"`);
  expect(await day.read('model.safetensors')).toEqual(Buffer.from(picoModel(1)));
  await mgit('tag', 'v1');
  await day.write('README.md', 'A good model.\n');
  await mgit('commit', '-am', 'Say more');
  await day.git('merge', '-q', '-m', 'Merge better', 'better');
  expect(await mgit('log', '--graph', '--oneline')).toMatchInlineSnapshot(`
    "* <short id> (HEAD -> main) Merge better
    |\\
    * | <short id> Say more
    | * <short id> (better) Tune b
    |/
    * <short id> (tag: v1) Begin"
  `);
  expect(await mgit('log', '-n', '1', 'better')).toMatchInlineSnapshot(`
    "commit <id> (better)
    Author: A Contributor <contributor@example.org>
    Date:   Thu Jan 1 <time> 2026 +0000

        Tune b"
  `);
  expect(await mgit('show', 'better')).toMatchInlineSnapshot(`
    "commit <id> (better)
    Author: A Contributor <contributor@example.org>
    Date:   Thu Jan 1 <time> 2026 +0000

        Tune b

     1 file changed
     modified:  model.safetensors  (3 of 3 tensors changed)"
  `);
  expect(await mgit('branch')).toMatchInlineSnapshot(`
    "  better
    * main"
  `);
  expect(await mgit('log', '--oneline', '--', 'README.md')).toMatchInlineSnapshot(`
    "<short id> Say more
    <short id> (tag: v1) Begin"
  `);
  expect(await mgit('reflog')).toMatchInlineSnapshot(`
    "<short id> HEAD@{0}: merge better: Merge made by the 'ort' strategy.
    <short id> HEAD@{1}: commit: Say more
    <short id> HEAD@{2}: checkout: moving from better to main
    <short id> HEAD@{3}: commit: Tune b
    <short id> HEAD@{4}: checkout: moving from main to better
    <short id> HEAD@{5}: commit (initial): Begin"
  `);
  expect(await day.git('fsck', '--strict')).toBe('');
  expect(await day.git('status', '--porcelain')).toBe('');
});

test('the porcelain format is that of git', async () => {
  await using day = await scene();
  const { mgit } = day;
  await mgit('track', '*.safetensors');
  for (const name of ['kept.txt', 'changed.txt', 'gone.txt', 'staged.txt', 'dir/x.txt', 'm.safetensors'])
    await day.write(name, name.endsWith('.txt') ? name : picoModel(1));
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await day.write('changed.txt', 'other');
  await day.write('staged.txt', 'first');
  await mgit('add', 'staged.txt');
  await day.write('staged.txt', 'second');
  await rm(join(day.path, 'gone.txt'));
  await mgit('rm', 'dir/x.txt');
  await day.write('m.safetensors', picoModel(2));
  await day.write('new folder/é "quoted".txt', 'x');
  await day.write('new.txt', 'x');
  await day.write('ignored.log', 'x');
  await day.write('.gitignore', '*.log\n');
  await symlink('kept.txt', join(day.path, 'link'));
  await mgit('add', 'link');
  expect(`${await mgit('status', '--porcelain')}\n`).toBe(await day.git('status', '--porcelain'));
});

test('status reads nothing of a file whose metadata has not changed', async () => {
  await using day = await scene();
  const { mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await mgit('status'); // A young entry is looked at once more, as in Git; then it is known to be clean.
  const opened: string[] = [];
  const fs: typeof day.ports.fs = {
    ...day.ports.fs,
    open: (path, mode, permissions) => {
      opened.push(path);
      return day.ports.fs.open(path, mode, permissions);
    },
  };
  const run = await runMgit({ ...day.ports, fs }, day.path, 'status', '--json');
  expect(run.json()).toMatchObject({ clean: true });
  expect(opened.filter(path => path.endsWith('.safetensors'))).toEqual([]);
});

test('links, executable files and a file that becomes a folder', async () => {
  await using day = await scene();
  const { mgit } = day;
  await day.write('tool.sh', '#!/bin/sh\n');
  await day.ports.fs.chmod(join(day.path, 'tool.sh'), 0o755);
  await symlink('tool.sh', join(day.path, 'link'));
  await day.write('thing', 'a file');
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  expect(await day.git('ls-files', '--format=%(objectmode) %(path)')).toBe(
    '120000 link\n100644 thing\n100755 tool.sh\n',
  );
  await mgit('switch', '-c', 'other');
  await rm(join(day.path, 'thing'));
  await day.write('thing/inside', 'now a folder');
  await mgit('add', '-A');
  await mgit('commit', '-m', 'two');
  await mgit('switch', 'main');
  expect((await day.read('thing')).toString()).toBe('a file');
  await mgit('switch', 'other');
  expect((await day.read('thing/inside')).toString()).toBe('now a folder');
  expect(await readlink(join(day.path, 'link'))).toBe('tool.sh');
  expect((await lstat(join(day.path, 'tool.sh'))).mode & 0o111).not.toBe(0);
  expect(await day.git('status', '--porcelain')).toBe('');
});

test('switch keeps local changes that are not in the way and refuses to lose others', async () => {
  await using day = await scene();
  const { mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await day.write('notes.txt', 'old');
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await mgit('switch', '-c', 'other');
  await day.write('m.safetensors', picoModel(2));
  await day.write('extra.txt', 'tracked there');
  await mgit('add', '.');
  await mgit('commit', '-m', 'two');
  await mgit('switch', 'main');
  await day.write('notes.txt', 'changed');
  await mgit('switch', 'other');
  expect((await day.read('notes.txt')).toString()).toBe('changed');
  await mgit('switch', 'main');
  await day.write('m.safetensors', picoModel(3));
  await day.write('extra.txt', 'mine');
  const run = await day.attempt('switch', 'other');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatchInlineSnapshot(`
    "error[LOCAL_CHANGES]: local changes would be lost: extra.txt, m.safetensors
    hint: commit them, or put them away with "mgit restore" or "mgit reset --hard"
    "
  `);
  expect(await day.read('m.safetensors')).toEqual(Buffer.from(picoModel(3)));
  expect((await day.attempt('switch', 'nowhere')).stderr).toMatchInlineSnapshot(`
    "error[BRANCH_UNKNOWN]: there is no branch "nowhere"
    hint: make it with "mgit switch -c nowhere", or see "mgit branch" for those there are
    "
  `);
});

test('restore and reset', async () => {
  await using day = await scene();
  const { mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await day.write('a.txt', 'one');
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await day.write('m.safetensors', picoModel(2));
  await day.write('a.txt', 'two');
  await mgit('commit', '-am', 'two');
  await mgit('restore', '--source', 'HEAD~1', 'm.safetensors');
  expect(await day.read('m.safetensors')).toEqual(Buffer.from(picoModel(1)));
  expect(await mgit('status', '-s')).toBe(' M m.safetensors');
  await mgit('add', 'm.safetensors');
  await mgit('restore', '--staged', 'm.safetensors');
  expect(await mgit('status', '-s')).toBe(' M m.safetensors');
  await mgit('restore', '.');
  expect(await mgit('status', '-s')).toBe('');
  await mgit('reset', '--soft', 'HEAD~1');
  expect(await mgit('status', '-s')).toBe('M  a.txt\nM  m.safetensors');
  await mgit('reset');
  expect(await mgit('status', '-s')).toBe(' M a.txt\n M m.safetensors');
  expect(await mgit('reset', '--hard')).toMatch(/^HEAD is now at [0-9a-f]{7} one$/);
  expect(await day.read('m.safetensors')).toEqual(Buffer.from(picoModel(1)));
  expect(await day.git('status', '--porcelain')).toBe('');
  expect((await day.attempt('restore', 'nothing.txt')).stderr).toContain('error[PATHSPEC_UNMATCHED]');
});

test('undo takes back a commit, a switch and a reset, one after the other', async () => {
  await using day = await scene();
  const { mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await day.write('m.safetensors', picoModel(2));
  await mgit('commit', '-am', 'two');
  await mgit('switch', '-c', 'other');
  await mgit('reset', '--hard', 'HEAD~1');
  expect(await mgit('undo')).toBe('Undid: reset --hard HEAD~1 (one)');
  expect(await day.read('m.safetensors')).toEqual(Buffer.from(picoModel(2)));
  expect(await mgit('undo')).toBe('Undid: switch other');
  expect(await mgit('branch')).toBe('* main');
  expect(await mgit('undo')).toBe('Undid: commit: two');
  expect(await mgit('status', '-s')).toBe('M  m.safetensors');
  expect(await mgit('undo')).toBe('Undid: commit: one');
  expect((await day.attempt('undo')).stderr).toMatchInlineSnapshot(`
    "error[NOTHING_TO_UNDO]: there is no operation to undo
    hint: see "mgit reflog" for where HEAD has been
    "
  `);
});

test('a file that cannot be added leaves the index as it was', async () => {
  await using day = await scene();
  const { mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('a.txt', 'fine');
  await day.write('broken.safetensors', 'this is no model');
  const run = await day.attempt('add', '.');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('broken.safetensors');
  expect(await day.git('ls-files')).toBe('');
  await day.write('.gitignore', 'secret\n');
  await day.write('secret', 'x');
  expect((await day.attempt('add', 'secret')).stderr).toMatchInlineSnapshot(`
    "error[PATH_IGNORED]: ignored by .gitignore: secret
    hint: use "mgit add -f" to add it all the same
    "
  `);
  expect((await day.attempt('add', '../outside')).stderr).toContain('error[PATH_OUTSIDE]');
});

test('line ends are converted as Git converts them', async () => {
  await using day = await scene();
  const { mgit } = day;
  await day.write('.gitattributes', '*.txt text eol=crlf\n');
  await day.write('a.txt', 'one\r\ntwo\r\n');
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  expect(await day.git('cat-file', '-p', 'HEAD:a.txt')).toBe('one\ntwo\n');
  await rm(join(day.path, 'a.txt'));
  await mgit('restore', 'a.txt');
  expect((await day.read('a.txt')).toString()).toBe('one\r\ntwo\r\n');
  expect(await mgit('status', '-s')).toBe('');
  expect(await day.git('status', '--porcelain')).toBe('');
});

test('hooks run and may refuse', async () => {
  await using day = await scene();
  const { mgit } = day;
  const hook = async (name: string, script: string): Promise<void> => {
    await mkdir(join(day.path, '.git/hooks'), { recursive: true });
    await day.write(`.git/hooks/${name}`, `#!/bin/sh\n${script}\n`);
    await day.ports.fs.chmod(join(day.path, '.git/hooks', name), 0o755);
  };
  await day.write('a.txt', 'x');
  await mgit('add', '.');
  await hook('pre-commit', 'echo not today; exit 1');
  const run = await day.attempt('commit', '-m', 'one');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('not today');
  expect(run.stderr).toContain('error[HOOK_FAILED]');
  await hook('pre-commit', 'exit 0');
  await hook('commit-msg', 'echo "Reviewed-by: A Hook" >> "$1"');
  await mgit('commit', '-m', 'one');
  expect(await day.git('log', '-1', '--format=%B')).toBe('one\nReviewed-by: A Hook\n\n');
});

test('branches and tags are made, listed, renamed and deleted', async () => {
  await using day = await scene();
  const { mgit } = day;
  await day.write('a.txt', 'x');
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await mgit('branch', 'side');
  expect((await day.attempt('branch', 'side')).stderr).toContain('error[BRANCH_EXISTS]');
  await mgit('branch', '-m', 'side', 'renamed');
  expect(await mgit('branch')).toBe('* main\n  renamed');
  expect(await mgit('branch', '-d', 'renamed')).toMatch(/^Deleted branch renamed \(was [0-9a-f]{7}\)\.$/);
  await mgit('tag', '-a', 'v1', '-m', 'First');
  expect(await day.git('cat-file', '-t', 'v1')).toBe('tag\n');
  expect(await mgit('tag')).toBe('v1');
  await mgit('tag', '-d', 'v1');
  expect(await mgit('tag')).toBe('');
  await mgit('config', 'user.nickname', 'alpha');
  expect(await mgit('config', 'user.nickname')).toBe('alpha');
  await day.write('b/c.txt', 'y');
  await mgit('mv', 'a.txt', 'b');
  expect(await mgit('status', '-s')).toBe('D  a.txt\nA  b/a.txt\n?? b/c.txt');
});
