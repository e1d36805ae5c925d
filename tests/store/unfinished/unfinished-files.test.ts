import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import { unfinishedFiles } from '../../../src/store/unfinished/unfinished-files.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const DAY = 24 * 3600;

test('what crashed programs left is removed after a day, and nothing younger', async () => {
  await using home = await temporaryDirectory();
  const directory = join(home.path, 'tmp');
  const ports = testPorts(home.path);
  const now = ports.clock.now() / 1000;
  const leave = async (path: string, age: number): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
    await utimes(path, now - age, now - age);
    if (dirname(path) !== directory) await utimes(dirname(path), now - 9 * DAY, now - 9 * DAY);
  };
  await leave(join(directory, 'old.pack'), 2 * DAY);
  await leave(join(directory, 'young.pack'), DAY / 2);
  await leave(join(directory, 'old-staging', 'model'), 2 * DAY);
  await leave(join(directory, 'young-staging', 'model'), DAY / 2);
  await unfinishedFiles(ports, directory).prepare();
  expect((await readdir(directory)).sort()).toEqual(['young-staging', 'young.pack']);
});

test('a file takes its place by a rename from mgit’s own directory', async () => {
  await using home = await temporaryDirectory();
  const unfinished = unfinishedFiles(testPorts(home.path), join(home.path, 'mgit', 'tmp'));
  const target = join(home.path, 'model');
  const path = await unfinished.pathFor(target);
  expect(dirname(path)).toBe(join(home.path, 'mgit', 'tmp'));
  await writeFile(path, 'content');
  await unfinished.finish(path, target);
  expect(await readFile(target, 'utf8')).toBe('content');
});

test('on another file system a file waits beside its target', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const directory = join(home.path, 'tmp');
  const fs: FileSystem = {
    ...ports.fs,
    stat: async path => ({ ...(await ports.fs.stat(path)), dev: path === directory ? 1n : 2n }),
  };
  const path = await unfinishedFiles({ ...ports, fs }, directory).pathFor(join(home.path, 'model'));
  expect(path).toMatch(/^.*\/\.model\.[0-9a-f]{16}\.mgit$/);
  expect(dirname(path)).toBe(home.path);
});

test('where a rename cannot cross a bind mount, the file is copied with its permissions', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const directory = join(home.path, 'tmp');
  const fs: FileSystem = {
    ...ports.fs,
    rename: async (from, to) => {
      if (dirname(from) === directory) throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
      return ports.fs.rename(from, to);
    },
  };
  const unfinished = unfinishedFiles({ ...ports, fs }, directory);
  const target = join(home.path, 'model');
  const path = await unfinished.pathFor(target);
  await writeFile(path, Buffer.alloc(5_000_000, 7), { mode: 0o755 });
  await unfinished.finish(path, target);
  expect(await readFile(target)).toEqual(Buffer.alloc(5_000_000, 7));
  expect((await stat(target)).mode & 0o100).toBe(0o100);
  expect(await readdir(directory)).toEqual([]);
});

test('what fails on the way leaves nothing, and what stood there stays', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const target = join(home.path, 'model');
  const directory = join(home.path, 'mgit/tmp');
  await unfinishedFiles(ports, directory).write(target, Buffer.from('old'));
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  const elsewhere = Object.assign(new Error('another device'), { code: 'EXDEV' });
  const broken: readonly Partial<typeof ports.fs>[] = [
    { rename: () => Promise.reject(full) },
    { rename: from => Promise.reject(from.endsWith('.mgit') ? full : elsewhere) },
    { open: async (...args) => ({ ...(await ports.fs.open(...args)), write: () => Promise.reject(full) }) },
  ];
  for (const part of broken) {
    const unfinished = unfinishedFiles({ ...ports, fs: { ...ports.fs, ...part } }, directory);
    await expect(unfinished.write(target, Buffer.from('new'))).rejects.toBe(full);
    expect(await ports.fs.readDirectory(directory)).toEqual([]);
    expect((await ports.fs.readDirectory(home.path)).map(({ name }) => name).sort()).toEqual([
      'mgit',
      'model',
    ]);
  }
  expect(Buffer.from(await ports.fs.readFile(target)).toString()).toBe('old');
});
