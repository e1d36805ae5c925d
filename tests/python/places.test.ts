import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../src/ops/repository.ts';
import { picoModel } from '../testkit/pico-model.ts';
import { runPython } from '../testkit/python.ts';
import { type Scene, scene } from '../testkit/scene.ts';

/** Enough packs that a multi-pack index is written. */
async function manyPacks(day: Scene): Promise<void> {
  await using repository = await openRepository(day.ports, day.path);
  for (let at = 0; at < 20; at++) {
    const writer = repository.store.writer();
    await writer.addExtent([Uint8Array.of(at, 1, 2, 3)], 4);
    await writer.finish();
  }
  await day.mgit('fsck');
}

/** One array stored from its last byte to its first, one column by column. */
async function arrays(day: Scene): Promise<readonly string[]> {
  const program = `import numpy as np, sys
np.save(sys.argv[1] + '/big.npy', np.arange(12, dtype='>f4').reshape(3, 4) / 7)
np.save(sys.argv[1] + '/columns.npy', np.asfortranarray(np.arange(12, dtype='<f8').reshape(3, 4)))`;
  runPython('-c', program, day.path);
  return ['big.npy', 'columns.npy'];
}

test('the loader opens work trees, linked ones, folders in them, bare and partial repositories', async () => {
  await using day = await scene();
  await day.mgit('track', '*.safetensors', '*.npy');
  await day.write('m.safetensors', picoModel(1));
  await day.write('folder/notes.txt', 'text');
  const names = await arrays(day);
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'one');
  await manyPacks(day);
  const beside = (name: string) => join(day.path, '..', name);
  await day.git('worktree', 'add', '--quiet', '--detach', beside('linked'));
  await day.mgit('clone', '--no-checkout', day.path, beside('bare'));
  await day.git('-C', beside('bare'), 'config', 'core.bare', 'true');
  await day.mgit('clone', '--filter', 'none', day.path, beside('partial'));
  await day.mgit('clone', day.path, beside('purged'));
  await day.mgit('-C', beside('purged'), 'remote', 'remove', 'origin');
  await day.mgit(
    '-C',
    beside('purged'),
    'purge',
    'HEAD:m.safetensors',
    '--tensor',
    'fc1.weight',
    '--reason',
    'private',
    '--yes',
  );
  await day.git('clone', '--quiet', day.path, beside('plain'));
  await mkdir(beside('nothing'));
  const file = beside('m.safetensors');
  await copyFile(join(day.path, 'm.safetensors'), file);
  const expected = beside('expected.json');
  const places = [day.path, join(day.path, 'folder'), beside('linked'), beside('bare')];
  const refused = [
    [beside('partial'), 'EXTENT_MISSING', 'mgit fetch --all-tensors'],
    [beside('plain'), 'EXTENT_MISSING', 'mgit fetch'],
    [beside('purged'), 'EXTENT_PURGED', 'private'],
    [beside('nothing'), 'NOT_A_REPOSITORY', 'give the path'],
    [beside('absent'), 'NOT_A_REPOSITORY', 'give the path'],
  ];
  await writeFile(expected, JSON.stringify({ places, file, arrays: names, refused }));
  expect(runPython(join(import.meta.dirname, 'check_places.py'), expected).trim()).toBe('ok');
});
