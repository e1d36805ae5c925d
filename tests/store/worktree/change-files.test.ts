import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { type Scene, scene } from '../../testkit/scene.ts';
import { runMgit } from '../../testkit/world.ts';

/** Branch `main` with two files, `left` that changes one of them, `right` that changes the other. */
async function forked(): Promise<Scene> {
  const day = await scene('embedded');
  await day.write('left.txt', 'old\n');
  await day.write('right.txt', 'old\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'first');
  for (const side of ['left', 'right']) {
    await day.mgit('switch', '-c', side, 'main');
    await day.write(`${side}.txt`, 'new\n');
    await day.mgit('commit', '-am', side);
  }
  await day.mgit('switch', 'main');
  return day;
}

type Step = 'rename' | 'open';

/** Ports on which something happens the first time that a path of this name is renamed to, or created. */
function interrupted(ports: Ports, step: Step, end: string, happens: () => Promise<void>): Ports {
  let isOver = false;
  const before = async (path: string): Promise<void> => {
    if (isOver || !path.endsWith(end)) return;
    isOver = true;
    await happens();
  };
  const { fs } = ports;
  const open: FileSystem['open'] = async (path, mode, permissions) => {
    if (step === 'open' && mode === 'create') await before(path);
    return fs.open(path, mode, permissions);
  };
  const rename: FileSystem['rename'] = async (from, to) => {
    if (step === 'rename') await before(to);
    return fs.rename(from, to);
  };
  return { ...ports, fs: { ...fs, open, rename } };
}

test.for([
  { argv: ['switch', 'left'], file: 'left.txt' },
  { argv: ['reset', '--hard', 'left'], file: 'left.txt' },
  { argv: ['restore', '--source', 'left', 'left.txt'], file: 'left.txt' },
  { argv: ['merge', 'left'], file: 'left.txt' },
])('mgit $argv holds the lock of the index while it writes files', async ({ argv, file }) => {
  await using day = await forked();
  const refusals: string[] = [];
  const ports = interrupted(day.ports, 'rename', file, async () => {
    expect(existsSync(join(day.path, '.git/index.lock'))).toBe(true);
    refusals.push((await runMgit(day.ports, day.path, 'switch', 'right')).stderr);
    refusals.push(await day.git('checkout', 'right').catch((error: Error) => error.message));
  });
  const run = await runMgit(ports, day.path, ...argv);
  expect(run).toMatchObject({ exitCode: 0 });
  expect(refusals[0]).toContain('error[INDEX_LOCKED]');
  expect(refusals[1]).toContain('index.lock');
  expect(existsSync(join(day.path, '.git/index.lock'))).toBe(false);
  expect(String(await day.read('left.txt'))).toBe('new\n');
  expect(String(await day.read('right.txt'))).toBe('old\n');
});

test('what another process stages in between is not lost', async () => {
  await using day = await forked();
  await day.write('new.txt', 'staged meanwhile\n');
  const ports = interrupted(
    day.ports,
    'open',
    'index.lock',
    async () => void (await day.git('add', 'new.txt')),
  );
  expect(await runMgit(ports, day.path, 'switch', 'left')).toMatchObject({ exitCode: 0 });
  expect(await day.git('status', '--porcelain')).toBe('A  new.txt\n');
});

test('a change that another process stages in between blocks, as if it had been there before', async () => {
  await using day = await forked();
  const ports = interrupted(day.ports, 'open', 'index.lock', async () => {
    await day.write('left.txt', 'of somebody else\n');
    await day.git('add', 'left.txt');
  });
  expect((await runMgit(ports, day.path, 'switch', 'left')).stderr).toContain('error[LOCAL_CHANGES]');
  expect(String(await day.read('left.txt'))).toBe('of somebody else\n');
});

test('a switch that was overtaken by another writes nothing', async () => {
  await using day = await forked();
  const ports = interrupted(
    day.ports,
    'open',
    'index.lock',
    async () => void (await day.git('switch', '-q', 'right')),
  );
  const run = await runMgit(ports, day.path, 'switch', 'left');
  expect(run.stderr).toContain('error[REF_CONFLICT]');
  expect(await day.git('status', '--porcelain', '--branch')).toBe('## right\n');
});
