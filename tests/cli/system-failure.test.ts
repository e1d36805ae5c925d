import { constants } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MgitError } from '../../src/base/errors.ts';
import { nodeFileSystem } from '../../src/base/ports/node-file-system.ts';
import type { Ports } from '../../src/base/ports/ports.ts';
import { systemFailure } from '../../src/cli/system-failure.ts';
import { picoModel } from '../testkit/pico-model.ts';
import { scene } from '../testkit/scene.ts';
import { runMgit, temporaryDirectory, testPorts } from '../testkit/world.ts';

function systemError(code: string, syscall: string, path?: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, ...(path ? { path } : {}) });
}

/** The disk is full: no folder can be made. */
function fullDisk(ports: Ports): Ports {
  const fail = (): Promise<never> => Promise.reject(systemError('ENOSPC', 'write'));
  return { ...ports, fs: { ...ports.fs, makeDirectory: fail } };
}

test('a full disk is said so, with exit status 1 and what to do', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await runMgit(ports, home.path, 'init', 'work');
  const run = await runMgit(fullDisk(ports), home.path, 'init', 'other', '--json');
  expect(run.exitCode).toBe(1);
  expect(run.json()).toMatchObject({
    error: { code: 'DISK_FULL', hint: 'free some space, then run the command again' },
  });
});

test('failures of the machine have codes and name the path, also where another error wraps them', () => {
  expect(systemFailure(systemError('EACCES', 'open', '/a/b'))).toMatchObject({
    code: 'PERMISSION_DENIED',
    message: '/a/b: permission denied',
  });
  expect(systemFailure(new Error('worker', { cause: systemError('EIO', 'read') }))).toMatchObject({
    code: 'DEVICE_FAILED',
  });
  expect(systemFailure(systemError('EDQUOT', 'write', '/a'))).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  const nameless = { ...systemError('Unknown system error -122', 'write'), errno: -constants.errno.EDQUOT };
  expect(systemFailure(Object.assign(new Error('nameless'), nameless))).toMatchObject({
    code: 'QUOTA_EXCEEDED',
  });
  expect(systemFailure(systemError('ENOENT', 'open', '/a'))).toMatchObject({ code: 'FILE_VANISHED' });
});

test('a file that vanishes once it was listed is named, whoever was to read it', async () => {
  await using work = await scene();
  await work.mgit('track', '*.safetensors');
  for (const [name, content] of [
    ['a.txt', 'a'],
    ['m.safetensors', picoModel(1)],
  ] as const) {
    await work.write(name, content);
    const path = join(work.path, name);
    const gone = (): Promise<never> => Promise.reject(systemError('ENOENT', 'open', path));
    const { fs } = work.ports;
    const open: typeof fs.open = (at, ...how) => (at === path ? gone() : fs.open(at, ...how));
    const readFile: typeof fs.readFile = at => (at === path ? gone() : fs.readFile(at));
    const ports = { ...work.ports, fs: { ...fs, open, readFile } };
    const run = await runMgit(ports, work.path, 'add', name);
    expect(run.exitCode, name).toBe(1);
    expect(run.stderr).toContain(`error[FILE_VANISHED]: ${path}: it is not there, or no longer`);
    await work.mgit('add', name);
  }
});

test('too many open files, and a folder that nobody may read, are told of with the path', async () => {
  await using work = await scene();
  await work.write('folder/a.txt', 'a');
  const { fs } = work.ports;
  for (const [code, said] of [
    ['EMFILE', 'TOO_MANY_FILES'],
    ['EACCES', 'PERMISSION_DENIED'],
  ] as const) {
    const readDirectory: typeof fs.readDirectory = at =>
      at === join(work.path, 'folder/')
        ? Promise.reject(systemError(code, 'scandir', at))
        : fs.readDirectory(at);
    const run = await runMgit({ ...work.ports, fs: { ...fs, readDirectory } }, work.path, 'add', '.');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(`error[${said}]: ${join(work.path, 'folder/')}: `);
  }
});

test('a device that fails while an open file is written is told of with the path of that file', async () => {
  const file = await nodeFileSystem().open('/dev/full', 'update');
  await using _closing = { [Symbol.asyncDispose]: () => file.close() };
  const error: unknown = await file.write(new Uint8Array(10), 0).catch((error: unknown) => error);
  expect(systemFailure(error)).toMatchObject({
    code: 'DISK_FULL',
    message: '/dev/full: no space is left on the disk',
  });
});

test('bugs and what has a code already stay as they are', () => {
  const errors = [
    new TypeError('x is not a function'),
    systemError('ENOENT', 'spawn git', 'git'),
    new Error('outer', { cause: new TypeError('inner') }),
    new MgitError('PACK_CORRUPT', 'bad', { cause: systemError('EIO', 'read') }),
  ];
  for (const error of errors) expect(systemFailure(error)).toBe(error);
});
