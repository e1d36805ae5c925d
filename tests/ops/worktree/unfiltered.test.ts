import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitWithInput } from '../../testkit/git.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { type Scene, scene } from '../../testkit/scene.ts';

/** A repository with a model, and a bare one that it is pushed to. */
async function shared(): Promise<Scene> {
  const day = await scene();
  await day.mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await day.write('README.md', 'one\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'one');
  await day.git('init', '--quiet', '--bare', '--initial-branch=main', '../hub.git');
  await day.mgit('remote', 'add', 'origin', '../hub.git');
  await day.mgit('push', '-u', 'origin', 'main');
  return day;
}

/** Somebody who has plain git alone: no program of the name mgit, and no filter. */
function stranger(day: Scene): (...args: string[]) => string {
  const path = join(day.path, '../stranger');
  const { PATH, ...env } = day.ports.env;
  const plain = { ...env, PATH: PATH?.replace(/^[^:]*:/, '') } as NodeJS.ProcessEnv;
  const git = (...args: string[]): string =>
    execFileSync('git', args, { env: plain, encoding: 'utf8', stdio: 'pipe' });
  git('clone', '--quiet', join(day.path, '../hub.git'), path);
  return (...args) => git('-C', path, ...args);
}

test('without mgit, a clone says what a model is and how to get it; work on other files does no harm', async () => {
  await using day = await shared();
  const git = stranger(day);
  const there = join(day.path, '../stranger');
  const text = await readFile(join(there, 'm.safetensors'), 'utf8');
  expect(text.split('\n').slice(0, 4)).toEqual([
    'mgit manifest 1',
    '# The identity of a model file tracked by mgit; "mgit restore <path>" writes the file itself.',
    'format safetensors',
    `size ${picoModel(1).length}`,
  ]);
  expect(git('status', '--porcelain')).toBe('');
  git('switch', '--quiet', '-c', 'side');
  git('mv', 'm.safetensors', 'moved.safetensors');
  git('commit', '--quiet', '-m', 'Move');
  git('switch', '--quiet', 'main');
  await writeFile(join(there, 'README.md'), 'two\n');
  git('commit', '--quiet', '-am', 'Edit');
  git('merge', '--quiet', '--no-edit', 'side');
  git('push', '--quiet', 'origin', 'main');
  await day.mgit('pull');
  expect((await day.read('README.md')).toString()).toBe('two\n');
  expect((await day.read('moved.safetensors')).equals(picoModel(1))).toBe(true);
  expect(await day.mgit('status')).toContain('working tree clean');
  expect(await day.mgit('fsck')).toContain('whole');
});

test('a model that was committed without mgit is told of wherever it is met, and taken up', async () => {
  await using day = await shared();
  const git = stranger(day);
  await writeFile(join(day.path, '../stranger/m.safetensors'), picoModel(2));
  git('commit', '--quiet', '-am', 'Tune without mgit');
  git('push', '--quiet', 'origin', 'main');
  const pulled = await day.attempt('pull');
  expect(pulled.events).toContainEqual(
    expect.objectContaining({ code: 'MODEL_UNFILTERED', message: expect.stringContaining('m.safetensors') }),
  );
  expect((await day.read('m.safetensors')).equals(picoModel(2))).toBe(true);
  expect(await day.mgit('status')).toContain(
    'Models committed without mgit (Git itself holds their bytes):\n  m.safetensors\n  (take them up with "mgit add --renormalize',
  );
  expect(await day.mgit('fsck')).toContain('note[MODEL_UNFILTERED]: m.safetensors: committed without mgit');
  expect(await day.mgit('doctor')).toContain('m.safetensors');
  expect(await day.mgit('add', '--renormalize', '-n', '.')).toContain('m.safetensors');
  expect((await day.git('diff', '--cached', '--name-only')).trim()).toBe('');
  await day.mgit('add', '--renormalize', 'm.safetensors');
  await day.mgit('commit', '-m', 'Take the model up');
  expect(await day.git('show', 'HEAD:m.safetensors')).toContain('mgit manifest 1');
  expect(await day.mgit('status')).not.toContain('without mgit');
  expect(await day.mgit('fsck')).toContain('note[MODEL_UNFILTERED]'); // The commit before has it still.
  await day.mgit('import', '--from-lfs');
  await day.git('reflog', 'expire', '--expire=now', '--all');
  await day.git('update-ref', '-d', 'refs/remotes/origin/main');
  expect(await day.mgit('fsck')).not.toContain('MODEL_UNFILTERED');
  expect((await day.read('m.safetensors')).equals(picoModel(2))).toBe(true);
});

test('renormalize leaves alone what is as it should be: missing files, submodules, files without changes', async () => {
  await using day = await shared();
  const commit = (await day.git('rev-parse', 'HEAD')).trim();
  await gitWithInput(day.ports, day.path, `160000 ${commit}\tsub\n`, 'update-index', '--index-info');
  await day.git('rm', '--quiet', '--cached', 'README.md');
  await day.mgit('commit', '-m', 'A submodule');
  await mkdir(join(day.path, 'sub'));
  await day.write('notes.txt', 'new');
  await day.git('add', 'notes.txt');
  await day.git('commit', '--quiet', '-m', 'notes');
  execFileSync('rm', [join(day.path, 'notes.txt')]);
  await day.mgit('add', '--renormalize');
  expect(await day.git('diff', '--cached', '--name-only')).toBe('');
});

test('install touches neither hooks nor other filters, and replaces what a user has set only by force', async () => {
  await using day = await scene();
  const hooks = join(day.path, '.git/hooks');
  await writeFile(join(hooks, 'pre-push'), '#!/bin/sh\nexit 0\n');
  await chmod(join(hooks, 'pre-push'), 0o755);
  await day.git('config', 'filter.lfs.process', 'git-lfs filter-process');
  await day.git('config', 'core.hooksPath', '.githooks');
  await day.git('config', 'filter.mgit.process', '/opt/mgit/bin/mgit filter-process');
  const before = [await readdir(hooks), await day.git('config', '--local', '--list')];
  const run = await day.attempt('install');
  expect([await readdir(hooks), await day.git('config', '--local', '--list')]).toEqual(before);
  expect(run.events).toMatchObject([{ code: 'SETTING_KEPT' }]);
  await day.mgit('install', '--force');
  expect((await day.git('config', 'filter.mgit.process')).trim()).toBe('mgit filter-process');
  expect((await day.git('config', 'filter.lfs.process')).trim()).toBe('git-lfs filter-process');
  expect(await readFile(join(hooks, 'pre-push'), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
});

test('doctor tells where models are declared and plain git has no filter for them', async () => {
  await using day = await shared();
  expect(await day.mgit('doctor')).toContain('plain git works on models');
  await day.git('config', '--unset', 'filter.mgit.process');
  expect(await day.mgit('doctor')).toContain('run "mgit install"');
});
