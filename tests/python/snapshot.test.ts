import { chmod, cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPython } from '../testkit/python.ts';
import { type Scene, scene } from '../testkit/scene.ts';

const program = (name: string) => join(import.meta.dirname, name);

/** A branch with a link that leads out, and one with a manifest of bytes that nobody has. */
async function hostileBranches(day: Scene): Promise<void> {
  await day.git('switch', '--quiet', '-c', 'outside');
  await symlink('../../etc/passwd', join(day.path, 'link'));
  await day.git('add', 'link');
  await day.git('commit', '--quiet', '-m', 'a link');
  await day.git('switch', '--quiet', '-c', 'absent', 'main');
  const digest = 'ab'.repeat(32);
  const head = (await day.git('show', 'main:timm/model.safetensors')).split('\n').slice(0, 3);
  await day.write('timm/model.safetensors', [...head, 'size 4', `skeleton 0 4 ${digest}`, ''].join('\n'));
  await day.git('add', '-A');
  await day.git('commit', '--quiet', '-m', 'nobody has it');
  await day.git('switch', '--quiet', '--force', 'main');
}

test('a snapshot is what transformers, timm, safetensors and torch load, made once and verified', async () => {
  await using day = await scene();
  await day.mgit('track', '*.safetensors', '*.bin');
  await day.write('run.sh', '#!/bin/sh\n');
  await chmod(join(day.path, 'run.sh'), 0o755);
  runPython(program('make_models.py'), day.path);
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'models');
  await symlink('bert/config.json', join(day.path, 'latest'));
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'a link');
  const copies = join(day.path, '../copies');
  await cp(day.path, copies, { recursive: true, filter: path => !path.endsWith('/.git') });
  await hostileBranches(day);
  const cache = join(day.path, '../cache');
  expect(runPython(program('check_snapshot.py'), day.path, copies, cache).trim().split('\n').at(-1)).toBe(
    'ok',
  );
});
