import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { modelFile } from '../../testkit/merge-repository.ts';
import { type Scene, scene, withoutIds } from '../../testkit/scene.ts';

const BASE = { a: [1], b: [2], c: [3] };

async function repository(history: 'embedded' | 'system' = 'embedded'): Promise<Scene> {
  const day = await scene(history);
  await day.mgit('track', '*.safetensors');
  await day.write('m.safetensors', modelFile(BASE));
  await day.write('notes.txt', 'one\ntwo\nthree\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Begin');
  return day;
}

/** Index and work tree in a few words, as `git status --short` has them. */
async function state(day: Scene): Promise<string> {
  const { staged, unstaged, untracked } = JSON.parse(await day.mgit('status', '--json'));
  const letter = (kind: string): string => kind.charAt(0).toUpperCase();
  const of = (changes: { kind: string; path: string }[], place: string): string[] =>
    changes.map(({ kind, path }) => `${place} ${letter(kind)} ${path}`);
  const others = untracked.map((path: string) => `? ${path}`);
  return [...of(staged, 'index'), ...of(unstaged, 'files'), ...others].join(', ');
}

const model = (values: Record<string, number[]>): Buffer => Buffer.from(modelFile({ ...BASE, ...values }));

test.each(['embedded', 'system'] as const)('away and back again, with %s history', async history => {
  await using day = await repository(history);
  await day.write('m.safetensors', model({ a: [9] }));
  await day.write('notes.txt', 'one\ntwo\nthree\nfour\n');
  await day.mgit('add', 'notes.txt');
  await day.write('new.txt', 'new\n');
  expect(withoutIds(await day.mgit('stash'))).toBe(
    'Saved working directory and index state WIP on main: <short id> Begin',
  );
  expect(await day.read('m.safetensors')).toEqual(model({}));
  expect(await day.mgit('status')).toContain('new.txt');
  expect(await state(day)).toBe('? new.txt');
  await day.write('m.safetensors', model({ b: [8] }));
  await day.mgit('stash', 'push', '-u', '-m', 'another');
  expect(await day.git('status', '--short')).toBe('');
  expect(withoutIds(await day.git('stash', 'list'))).toBe(
    'stash@{0}: On main: another\nstash@{1}: WIP on main: <short id> Begin\n',
  );
  expect(await day.mgit('stash', 'list')).toBe((await day.git('stash', 'list')).trimEnd());
  expect(await day.mgit('stash', 'show', '-p')).toMatch(/~ +b +F32/);
  expect(await day.git('fsck', '--strict')).toBe('');
  expect(withoutIds(await day.mgit('stash', 'pop', '--index', 'stash@{1}'))).toBe(
    'Dropped stash@{1} (<id>)\n modified:  m.safetensors\n modified:  notes.txt',
  );
  expect(await state(day)).toBe('index M notes.txt, files M m.safetensors');
  await day.mgit('commit', '-am', 'Keep both');
  expect(await day.mgit('stash', 'apply')).toBe(
    'Applied stash@{0}\n modified:  m.safetensors\n new file:  new.txt',
  );
  expect(await day.read('m.safetensors')).toEqual(model({ a: [9], b: [8] }));
  expect(await state(day)).toBe('files M m.safetensors, ? new.txt');
  expect(await day.mgit('stash', 'drop')).toMatch(/^Dropped stash@\{0\}/);
  expect(await day.git('stash', 'list')).toBe('');
});

test('stashes of plain git and of mgit are the same', async () => {
  await using day = await repository('system');
  await day.write('m.safetensors', model({ a: [9] }));
  await day.git('stash', 'push', '-q', '-m', 'by git');
  await day.mgit('stash', 'pop');
  expect(await day.read('m.safetensors')).toEqual(model({ a: [9] }));
  await day.mgit('stash', 'push', '-m', 'by mgit');
  await day.git('stash', 'pop', '-q');
  expect(await day.read('m.safetensors')).toEqual(model({ a: [9] }));
});

test('a tensor that both changed is a conflict, and the stash stays', async () => {
  await using day = await repository();
  await day.write('m.safetensors', model({ a: [9] }));
  await day.write('notes.txt', 'ONE\ntwo\nthree\n');
  await day.mgit('stash');
  await day.write('m.safetensors', model({ a: [7] }));
  await day.write('notes.txt', '1\ntwo\nthree\n');
  await day.mgit('commit', '-am', 'Else');
  const run = await day.attempt('stash', 'pop');
  expect(run.exitCode).toBe(4);
  expect(run.stdout).toMatchInlineSnapshot(`
    "conflict in m.safetensors: a changed on both sides
    conflict in notes.txt: 1 place changed on both sides
    Resolve each: edit it, or take the stash's with "mgit restore --source=stash@{0} <path>"; then "mgit add" it.
    The stash is kept: drop it with "mgit stash drop stash@{0}" when you are done.
    "
  `);
  expect((await day.read('notes.txt')).toString()).toContain(
    '<<<<<<< Updated upstream\n1\n=======\nONE\n>>>>>>>',
  );
  expect(await day.read('m.safetensors')).toEqual(model({ a: [7] }));
  expect(await day.mgit('stash', 'list')).not.toBe('');
  expect((await day.attempt('stash')).stderr).toContain('error[CONFLICTS_UNRESOLVED]');
  await day.mgit('restore', '--source=stash@{0}', 'm.safetensors');
  await day.write('notes.txt', 'one\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Resolved');
  expect(await day.read('m.safetensors')).toEqual(model({ a: [9] }));
});

test('local changes are never overwritten', async () => {
  await using day = await repository();
  expect(await day.mgit('stash')).toBe('No local changes to save');
  expect((await day.attempt('stash', 'pop')).stderr).toContain('error[STASH_NONE]');
  await day.write('notes.txt', 'stashed\n');
  await day.write('new.txt', 'stashed\n');
  await day.mgit('stash', 'push', '-u');
  await day.write('notes.txt', 'local\n');
  expect((await day.attempt('stash', 'pop')).stderr).toContain('error[LOCAL_CHANGES]');
  await day.mgit('restore', 'notes.txt');
  await day.write('new.txt', 'local\n');
  expect((await day.attempt('stash', 'pop')).stderr).toContain('error[LOCAL_CHANGES]');
  expect((await day.read('new.txt')).toString()).toBe('local\n');
  expect((await day.read('notes.txt')).toString()).toBe('one\ntwo\nthree\n');
  await day.mgit('rm', '--cached', 'notes.txt');
  await day.write('notes.txt', 'nowhere else\n');
  expect((await day.attempt('stash')).stderr).toContain('error[LOCAL_CHANGES]');
  expect((await day.read('notes.txt')).toString()).toBe('nowhere else\n');
  expect((await day.attempt('stash', 'drop', '7')).stderr).toContain('error[STASH_UNKNOWN]');
  expect((await day.attempt('stash', 'apply', 'HEAD')).stderr).toContain('error[STASH_UNKNOWN]');
});

test('only some paths, and what is staged may stay', async () => {
  await using day = await repository();
  await day.write('m.safetensors', model({ a: [9] }));
  await day.write('notes.txt', 'one\n');
  await day.mgit('stash', 'push', 'notes.txt');
  expect(await state(day)).toBe('files M m.safetensors');
  await day.mgit('add', 'm.safetensors');
  await day.write('m.safetensors', model({ a: [9], b: [9] }));
  await day.mgit('stash', 'push', '--keep-index');
  expect(await state(day)).toBe('index M m.safetensors');
  expect(await day.read('m.safetensors')).toEqual(model({ a: [9] }));
  await day.mgit('stash', 'clear');
  expect(await day.mgit('stash', 'list')).toBe('');
});

test('deleted, executable and renamed files come back as they were', async () => {
  await using day = await repository();
  await day.mgit('rm', 'notes.txt');
  await writeFile(join(day.path, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(day.path, 'run.sh'), 0o755);
  await day.mgit('mv', 'm.safetensors', 'n.safetensors');
  await day.mgit('add', '.');
  const before = await state(day);
  await day.mgit('stash');
  expect(await state(day)).toBe('');
  expect((await day.read('notes.txt')).toString()).toBe('one\ntwo\nthree\n');
  await day.mgit('stash', 'pop', '--index');
  expect(await state(day)).toBe(before);
});

test('undo takes back each of push, pop and drop', async () => {
  await using day = await repository();
  await day.write('m.safetensors', model({ a: [9] }));
  await day.write('new.txt', 'new\n');
  await day.mgit('stash', 'push', '-u');
  await day.mgit('undo');
  expect(await state(day)).toBe('files M m.safetensors, ? new.txt');
  expect(await day.mgit('stash', 'list')).toBe('');
  await day.mgit('stash', 'push', '-u');
  const list = await day.mgit('stash', 'list');
  await day.mgit('stash', 'pop');
  await day.mgit('undo');
  expect(await state(day)).toBe('');
  expect(await day.mgit('stash', 'list')).toBe(list);
  await day.mgit('stash', 'drop');
  await day.mgit('undo');
  expect(await day.mgit('stash', 'list')).toBe(list);
  await day.mgit('stash', 'apply');
  await day.write('new.txt', 'edited since\n');
  expect((await day.attempt('undo')).stderr).toContain('error[LOCAL_CHANGES]');
});

test('gc keeps the tensors of every stash on the list', async () => {
  await using day = await repository();
  for (const value of [7, 8]) {
    await day.write('m.safetensors', model({ a: [value] }));
    await day.mgit('stash');
  }
  await day.mgit('gc', '--prune=now');
  await day.mgit('stash', 'pop', 'stash@{1}');
  expect(await day.read('m.safetensors')).toEqual(model({ a: [7] }));
  await day.mgit('restore', '.');
  await day.mgit('stash', 'pop');
  expect(await day.read('m.safetensors')).toEqual(model({ a: [8] }));
});
